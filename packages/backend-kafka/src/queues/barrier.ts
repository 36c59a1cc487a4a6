/** That what is known here is not older than a question. */

import { setTimeout as delay } from "node:timers/promises";
import { unavailable } from "../errors.ts";
import type { Around } from "./around.ts";
import type { Use } from "./stretches.ts";

export class Barrier {
  readonly #around: Around;
  readonly #uses: readonly Use[];
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param uses what is to be known of. */
  constructor(around: Around, uses: readonly Use[]) {
    this.#around = around;
    this.#uses = uses;
  }

  /** Resolves when all has been read that stood in the log before now. Shared by all who ask meanwhile. @throws MusterError */
  pass(operation: string): Promise<void> {
    if (this.#next !== undefined) return this.#next;
    if (this.#running === undefined) return this.#begin(operation);
    const next = this.#running.then(nothing, nothing).then(async () => {
      this.#next = undefined;
      return this.#begin(operation);
    });
    this.#next = next;
    return next;
  }

  #begin(operation: string): Promise<void> {
    const running = this.#pass(operation).finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    running.catch(nothing);
    return running;
  }

  async #pass(operation: string): Promise<void> {
    const { wire, tail, mailboxes, life, settings } = this.#around;
    const shards = [...mailboxes.shards()].filter((shard) => tail.next("q", shard) !== undefined);
    const [pos, q] = await Promise.all([
      wire.offsets("pos", this.#around.allShards(), "end", life, operation),
      shards.length === 0 || !this.#uses.includes("q")
        ? new Map<number, number>()
        : wire.offsets("q", shards, "end", life, operation),
    ]);
    const patience = new AbortController();
    const late = delay(settings.requestTimeoutMs, undefined, { signal: patience.signal, ref: false }).then(() => {
      throw unavailable("what is in the log could not be read in time", { operation });
    });
    late.catch(nothing);
    try {
      await Promise.race([Promise.all([tail.passed("pos", pos), tail.passed("q", q)]), late]);
    } finally {
      patience.abort();
    }
  }
}

function nothing(): void {
  // Told to whoever waits for it.
}
