import type { Call } from "../slots/index.ts";
import { offEnd, onEnd } from "../slots/signals.ts";

/** An entry, and the promise of its outcome: one object each, for there may be very many. */
export class Waiting<Entry, Outcome> {
  readonly entry: Entry;
  readonly key: string;
  readonly outcome: Promise<Outcome>;
  state: "queued" | "sent" | "over" = "queued";
  /** Its caller gave up. */
  isWithdrawn = false;
  #resolve: (outcome: Outcome) => void = unset;
  #reject: (error: Error) => void = unset;
  #call: Call | undefined;
  #withdraw: () => void = unset;

  constructor(entry: Entry, key: string) {
    this.entry = entry;
    this.key = key;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Until it has settled, `withdraw` runs when the call ends. */
  listen(call: Call, withdraw: () => void): void {
    this.#call = call;
    this.#withdraw = withdraw;
    onEnd(call, withdraw);
  }

  resolve(outcome: Outcome): void {
    if (this.#call !== undefined) offEnd(this.#call, this.#withdraw);
    this.#resolve(outcome);
  }

  reject(error: Error): void {
    if (this.#call !== undefined) offEnd(this.#call, this.#withdraw);
    this.#reject(error);
  }
}

/** Until the promise's own are known. */
function unset(): void {}
