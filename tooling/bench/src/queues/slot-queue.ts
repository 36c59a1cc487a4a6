/** A durability slot without core: what is enqueued for everyone, and a few sessions that have all of them together. */

import { randomUUID } from "node:crypto";
import type { DurabilityBackend, DurableMessage, Target } from "@muster/core/slots";
import { PAYLOAD } from "../fleets.ts";
import type { Contender } from "../rounds.ts";
import { BATCH, CALL, identityOf } from "../store.ts";

const TTL_MS = 86_400_000;
const DEQUEUE = { max: BATCH, maxPerIdentity: 16, waitMs: 0, leaseMs: 60_000 };

/** Where messages are kept. */
export interface Keeping {
  durability(): DurabilityBackend;
  /** Forgets every message of all namespaces, whatever its state, which otherwise is known for a day. Default: it stays. */
  forget?(): Promise<void>;
  /** How many share the identities. Default 1. */
  readonly sessions?: number;
}

export class SlotQueue implements AsyncDisposable {
  readonly #keeping: Keeping;
  readonly #durability: DurabilityBackend;
  readonly #targets: readonly Target[];
  readonly #sessions: readonly string[];

  private constructor(keeping: Keeping, durability: DurabilityBackend, size: number) {
    const { sessions = 1 } = keeping;
    this.#keeping = keeping;
    this.#durability = durability;
    this.#sessions = Array.from({ length: sessions }, (_, index) => sessionOf(index));
    this.#targets = Array.from({ length: size }, (_, index) => ({
      identity: identityOf(index),
      epoch: 1,
      session: sessionOf(index % sessions),
    }));
  }

  static async open(keeping: Keeping, size: number): Promise<SlotQueue> {
    const durability = keeping.durability();
    await durability.open({ namespace: "slot" }, CALL);
    const queue = new SlotQueue(keeping, durability, size);
    for (const session of queue.#sessions) {
      const own = queue.#targets.filter((target) => target.session === session);
      for (const targets of pagesOf(own)) await durability.attachMany(session, targets, CALL);
    }
    return queue;
  }

  get enqueuing(): Contender {
    return { name: "enqueueMany of 1,000", prepare: () => this.#empty(), run: () => this.#enqueue() };
  }

  get draining(): Contender {
    return { name: "dequeue and settleMany of 1,000", prepare: () => this.#fill(), run: () => this.#drain() };
  }

  /** What the server has planned is gone with what was in the tables, which happens to nobody else: one goes through first. */
  async #empty(): Promise<void> {
    await this.#drain();
    await this.#keeping.forget?.();
    await this.#enqueue([this.#targets.slice(0, 1)]);
    await this.#drain();
  }

  async #fill(): Promise<void> {
    await this.#empty();
    await this.#enqueue();
  }

  async #enqueue(pages: Iterable<readonly Target[]> = pagesOf(this.#targets)): Promise<number> {
    const message: DurableMessage = {
      id: randomUUID(),
      contentType: "text/plain",
      sentAt: Date.now(),
      guarantee: "at-least-once",
      replyTo: undefined,
      payload: Buffer.from(PAYLOAD),
    };
    for (const targets of pages) await this.#durability.enqueueMany(message, targets, { ttlMs: TTL_MS }, CALL);
    return this.#targets.length;
  }

  /** Each session until there is nothing left for it. */
  async #drain(): Promise<number> {
    let drained = 0;
    for (const session of this.#sessions) drained += await this.#drainOne(session);
    return drained;
  }

  async #drainOne(session: string): Promise<number> {
    for (let drained = 0; ; ) {
      const leased = await this.#durability.dequeue(session, DEQUEUE, CALL);
      const receipts = leased.flatMap(({ recipients }) => recipients.map(({ receipt }) => receipt));
      if (receipts.length === 0) return drained;
      const settlements = receipts.map((receipt) => ({ receipt, as: "ack" }) as const);
      const failures = await this.#durability.settleMany(settlements, CALL);
      drained += receipts.length - failures.length;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#durability.close();
  }
}

function sessionOf(index: number): string {
  return `worker-${index}`;
}

function* pagesOf(targets: readonly Target[]): Generator<readonly Target[]> {
  for (let start = 0; start < targets.length; start += BATCH) yield targets.slice(start, start + BATCH);
}
