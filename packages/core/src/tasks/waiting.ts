import { abortedError, type Call } from "../slots/index.ts";
import { type EndListener, offEnd, onEnd } from "../slots/signals.ts";
import type { Settler } from "./settler.ts";

/** An entry, and who waits for its outcome: one object each, for there may be very many. */
export class Waiting<Entry, Outcome> implements EndListener, Settler<Outcome> {
  readonly entry: Entry;
  readonly key: string;
  state: "queued" | "sent" | "over" = "queued";
  /** Its caller gave up. */
  isWithdrawn = false;
  readonly #call: Call | undefined;
  readonly #source: string;
  readonly #settler: Settler<Outcome>;

  /** @param call once it ends the entry is withdrawn, with the error that a call from `source` ends with. */
  constructor(entry: Entry, key: string, source: string, settler: Settler<Outcome>, call: Call | undefined) {
    this.entry = entry;
    this.key = key;
    this.#source = source;
    this.#settler = settler;
    this.#call = call;
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
    this.#settler.resolve(outcome);
  }

  reject(error: unknown): void {
    if (this.#call !== undefined) offEnd(this.#call, this);
    this.#settler.reject(error);
  }
}
