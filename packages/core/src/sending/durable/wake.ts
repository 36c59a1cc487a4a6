import type { Call } from "../../slots/index.ts";
import { offEnd, onEnd } from "../../slots/signals.ts";

/** Lets one waiter sleep until it is rung for; a ring that nobody waits for is kept for the next. */
export class Wake {
  #isRung = false;
  #rouse: (() => void) | undefined;

  ring(): void {
    this.#isRung = true;
    this.#rouse?.();
  }

  /** Resolves at the next ring, after `ms`, or when the call ends. */
  async within(ms: number, call: Call): Promise<void> {
    if (!this.#isRung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => this.#rouse?.(), ms);
        const rouse = (): void => {
          clearTimeout(timer);
          offEnd(call, rouse);
          this.#rouse = undefined;
          resolve();
        };
        this.#rouse = rouse;
        onEnd(call, rouse);
      });
    }
    this.#isRung = false;
  }
}
