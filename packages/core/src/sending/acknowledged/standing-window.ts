/** Holds the sender back by what it has sent and not yet heard of, so that memory doesn't grow with the targets. */

import type { Call } from "../../slots/index.ts";
import { hasEnded, offEnd, onEnd } from "../../slots/signals.ts";

/** Recipients under way: sent to a moment ago, and nothing heard of them. */
const MAX_FRESH = 65_536;
/** All that are not settled, the slow included. */
const MAX_OPEN = 262_144;
/** Beyond so many of the slow, whoever is not attached is not waited for. */
const MAX_SLOW_AWAY = MAX_OPEN / 2;

export class StandingWindow {
  /** Recipients that are not settled. */
  open = 0;
  fresh = 0;
  #changes = 0;
  #wake: (() => void) | undefined;

  /** Grows with everything that is told. */
  get changes(): number {
    return this.#changes;
  }

  get hasRoom(): boolean {
    return this.fresh < MAX_FRESH && this.open < MAX_OPEN;
  }

  get hasRoomForAway(): boolean {
    return this.open - this.fresh < MAX_SLOW_AWAY;
  }

  /** Something has changed: whoever waits looks again. */
  tell(): void {
    this.#changes += 1;
    this.#wake?.();
  }

  /** Resolves when there have been more changes than `seen`, or when the call has ended. One at a time. */
  async changed(seen: number, call: Call): Promise<void> {
    if (this.#changes > seen || hasEnded(call)) return;
    let wake = (): void => {};
    const change = new Promise<void>((resolve) => {
      wake = resolve;
    });
    this.#wake = wake;
    onEnd(call, wake);
    await change;
    offEnd(call, wake);
    this.#wake = undefined;
  }
}
