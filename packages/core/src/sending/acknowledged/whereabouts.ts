/** Asks the registry where recipients are now: those that are asked for at about the same time, together. */

import type { Context } from "../../context.ts";
import { isAttached, livingSessions, PAGE_SIZE } from "../../query/selection.ts";
import { type Call, linkCall, type Route } from "../../slots/index.ts";
import type { SentFrame } from "./sent-frame.ts";

/** A registry that takes longer is no reason not to try where they were. */
const TIMEOUT_MS = 1_000;

/** `unknown`: the registry did not answer. `gone`: it is registered no longer. `away`: nobody is attached to it. */
export type Found = "unknown" | "gone" | "away" | Route;

export interface Sought {
  readonly frame: SentFrame;
  readonly place: number;
  readonly identity: string;
  /** Whoever was there has said that it is there no longer: it is no use to go back. */
  readonly isMissed: boolean;
}

export class Whereabouts {
  readonly #context: Context;
  readonly #call: Call;
  readonly #onFound: (found: readonly (readonly [Sought, Found])[]) => void;
  #waiting: Sought[] = [];
  #isBusy = false;
  #isStopped = false;

  /** @param onFound must not throw. */
  constructor(context: Context, call: Call, onFound: (found: readonly (readonly [Sought, Found])[]) => void) {
    this.#context = context;
    this.#call = call;
    this.#onFound = onFound;
  }

  seek(sought: Sought): void {
    this.#waiting.push(sought);
    if (this.#isBusy) return;
    this.#isBusy = true;
    setImmediate(() => {
      this.#work().catch(() => undefined); // It never rejects.
    });
  }

  /** Nobody is told of anything any more. */
  stop(): void {
    this.#isStopped = true;
    this.#waiting = [];
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const page = this.#waiting.splice(0, PAGE_SIZE);
      const found = await this.#find(page);
      if (this.#isStopped) return;
      this.#onFound(page.map((sought, index) => [sought, found[index] ?? "gone"]));
    }
    this.#isBusy = false;
  }

  async #find(page: readonly Sought[]): Promise<readonly Found[]> {
    using call = linkCall({ signal: this.#call.signal }, TIMEOUT_MS, "core.multicast");
    try {
      const identities = page.map(({ identity }) => identity);
      const records = await this.#context.registry.getMany(identities, call);
      const known = records.filter((record) => record !== undefined);
      const living = await livingSessions(this.#context, known, call);
      return records.map((record) => (record === undefined ? "gone" : isAttached(record, living) ? record : "away"));
    } catch {
      return page.map(() => "unknown"); // Whoever is sought is sought again.
    }
  }
}
