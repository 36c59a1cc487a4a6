/** What has to be done now and then. */

import { sendBack } from "./moving.ts";
import type { Space } from "./space.ts";

const INTERVAL_MS = 2_000;
/** The server ends the channel of who holds anything for longer than it is told (half an hour as it comes). */
export const MAX_HELD_MS = 900_000;

/** Until it is disposed of. */
export function tend(space: Space): Disposable {
  const timer = setInterval(() => {
    space.behind(look(space)); // There is another soon.
  }, INTERVAL_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function look(space: Space): Promise<void> {
  const seat = space.seat("tend");
  await space.catchUp();
  await sendBack(space, space.holdings.olderThan(MAX_HELD_MS), { areTried: true });
  await seat.refresh();
  await space.ledger.look();
}
