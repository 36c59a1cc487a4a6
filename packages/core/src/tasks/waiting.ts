import { abortedError, type Call } from "../slots/index.ts";
import { type EndListener, offEnd, onEnd } from "../slots/signals.ts";

/** An entry, and the promise of its outcome: one object each, for there may be very many. */
export class Waiting<Entry, Outcome> implements EndListener {
  readonly entry: Entry;
  readonly key: string;
  readonly outcome: Promise<Outcome>;
  state: "queued" | "sent" | "over" = "queued";
  /** Its caller gave up. */
  isWithdrawn = false;
  readonly #call: Call | undefined;
  readonly #source: string;
  #resolve: (outcome: Outcome) => void = unset;
  #reject: (error: Error) => void = unset;

  /** @param call once it ends the entry is withdrawn, with the error that a call from `source` ends with. */
  constructor(entry: Entry, key: string, source: string, call: Call | undefined) {
    this.entry = entry;
    this.key = key;
    this.#source = source;
    this.#call = call;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (call !== undefined) onEnd(call, this);
  }

  /** The call has ended. */
  handleEvent(): void {
    if (this.#call === undefined) return;
    const error = abortedError(this.#call, this.#source, this.state === "sent");
    if (this.state === "queued") this.state = "over";
    this.isWithdrawn = true;
    this.reject(error);
  }

  resolve(outcome: Outcome): void {
    if (this.#call !== undefined) offEnd(this.#call, this);
    this.#resolve(outcome);
  }

  reject(error: Error): void {
    if (this.#call !== undefined) offEnd(this.#call, this);
    this.#reject(error);
  }
}

/** Until the promise's own are known. */
function unset(): void {}
