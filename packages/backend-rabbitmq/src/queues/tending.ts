/** What has to be done now and then. */

import { sendBack } from "./moving.ts";
import type { Space } from "./space.ts";

const INTERVAL_MS = 2_000;
/** The server ends the channel of who holds anything for longer than it is told (half an hour as it comes). */
export const MAX_HELD_MS = 900_000;
/** Of one identity, where there is no room for others. */
const MOST_OF_ONE = 16;
const ASIDE_EVERY_MS = 250;

const asideAt = new WeakMap<Space, number>();

/** Until it is disposed of. */
export function tend(space: Space): Disposable {
  const timer = setInterval(() => {
    space.behind(look(space)); // There is another soon.
  }, INTERVAL_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function look(space: Space): Promise<void> {
  const seat = space.seat("tend");
  await sendBack(space, space.holdings.olderThan(MAX_HELD_MS), { areTried: true });
  await seat.refresh();
  await space.ledger.look();
}

/** The server hands over no more: who has much here makes room for others, behind them. */
export function setAside(space: Space): void {
  const now = performance.now();
  if (now - (asideAt.get(space) ?? 0) < ASIDE_EVERY_MS) return;
  asideAt.set(space, now);
  space.behind(sendBack(space, space.holdings.crowding(MOST_OF_ONE)));
}
