/** When the server hands over no more, who has much here makes room for others, behind them. */

import { sendBack } from "./moving.ts";
import { PREFETCH } from "./seat.ts";
import type { Space } from "./space.ts";

/** Of one identity. */
const MOST_OF_ONE = 16;
const EVERY_MS = 250;

const resting = new WeakSet<Space>();

/** Somebody wants more than is here. */
export function makeRoom(space: Space): void {
  if (space.holdings.size < PREFETCH || space.isHeldBack || resting.has(space)) return;
  resting.add(space);
  setTimeout(() => {
    resting.delete(space);
    space.waiters.wakeAll(); // Whoever still waits asks again.
  }, EVERY_MS).unref();
  space.behind(sendBack(space, space.holdings.crowding(MOST_OF_ONE)));
}
