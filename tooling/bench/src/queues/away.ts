/** Somebody who was away from a log that went on for others, and comes back. */

import type { DurabilityBackend, DurableMessage, Target } from "@muster/core/slots";
import { PAYLOAD } from "../fleets.ts";
import { Disagreement } from "../scenario.ts";
import { CALL } from "../store.ts";

const TTL_MS = 86_400_000;
/** Calls under way at once while the log is filled. */
const AT_ONCE = 500;
const DEQUEUE = { max: 100, maxPerIdentity: 100, waitMs: 60_000, leaseMs: 60_000 };

/** @param open gives another process' view of the same queues, open; all identities in one shard. */
export class Away implements AsyncDisposable {
  readonly #open: () => Promise<DurabilityBackend>;
  readonly #sender: DurabilityBackend;
  #epoch = 0;

  private constructor(open: () => Promise<DurabilityBackend>, sender: DurabilityBackend) {
    this.#open = open;
    this.#sender = sender;
  }

  /** Registered once, and gone. Then so many records for others, and one for it. */
  static async after(records: number, open: () => Promise<DurabilityBackend>): Promise<Away> {
    const sender = await open();
    const away = new Away(open, sender);
    const before = await open();
    await before.attachMany("before", [away.#next()], CALL);
    await before.detachMany("before", ["away"], CALL);
    await before.close();
    for (let start = 0; start < records; start += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, records - start) }, async (_, index) =>
        away.#enqueue(`other-${start + index}`, "other"),
      );
      await Promise.all(some);
    }
    await away.#enqueue("at last", "away");
    return away;
  }

  /** From when it is attached, in a process that is open, until it has what it has missed; ms. It is given back. */
  async comeBack(): Promise<number> {
    const process = await this.#open();
    try {
      const start = performance.now();
      const failures = await process.attachMany("back", [this.#next()], CALL);
      const leased = await process.dequeue("back", DEQUEUE, CALL);
      const ms = performance.now() - start;
      if (failures.length > 0 || leased[0]?.message.id !== "at last") throw new Disagreement("it has missed nothing");
      const receipts = leased.flatMap(({ recipients }) => recipients.map(({ receipt }) => receipt));
      await process.settleMany(
        receipts.map((receipt) => ({ receipt, as: "release" })),
        CALL,
      );
      return ms;
    } finally {
      await process.close();
    }
  }

  #next(): Target {
    this.#epoch += 1;
    return { identity: "away", epoch: this.#epoch };
  }

  async #enqueue(id: string, identity: string): Promise<void> {
    const message: DurableMessage = {
      id,
      contentType: "text/plain",
      sentAt: Date.now(),
      guarantee: "at-least-once",
      replyTo: undefined,
      payload: Buffer.from(PAYLOAD),
    };
    const [failure] = await this.#sender.enqueueMany(message, [{ identity, epoch: 1 }], { ttlMs: TTL_MS }, CALL);
    if (failure !== undefined) throw failure.error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sender.close();
  }
}
