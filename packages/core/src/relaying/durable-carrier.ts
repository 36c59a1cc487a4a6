/** Hands over to the durability slot, which keeps it until its recipients have it. */

import { codedError } from "../call.ts";
import type { Context } from "../context.ts";
import { Bells } from "../sending/durable/bells.ts";
import { nodesServing } from "../sending/durable/nodes.ts";
import {
  type Call,
  type DurabilityBackend,
  linkCall,
  type MulticastStart,
  type MusterError,
  type OutboxCode,
  type OutboxFailure,
} from "../slots/index.ts";
import { Limiter } from "../tasks/limiter.ts";
import { Begun } from "./begun.ts";
import { type Carrier, NOBODY_FAILED, NOBODY_LEFT, type Passage } from "./carrier.ts";
import type { Consignment, Fate } from "./consignment.ts";

const SOURCE = "core.relay";
/** Larger batches cost a store nothing less for each recipient. */
const MAX_BATCH = 2_500;
/** Whoever is not rung for by then finds it at its next poll. */
const RINGING_MS = 1_000;
const MAX_CONCLUDED_AT_ONCE = 4;

export class DurableCarrier implements Carrier {
  readonly as = "handed";
  readonly #context: Context;
  readonly #durability: DurabilityBackend;
  readonly #begun = new Begun();

  constructor(context: Context, durability: DurabilityBackend) {
    this.#context = context;
    this.#durability = durability;
  }

  async carry(consignment: Consignment, _passage: Passage, call: Call): Promise<Fate> {
    const enqueued = this.#enqueue(consignment, call);
    await this.#ring(consignment, enqueued);
    return { failed: await enqueued, left: NOBODY_LEFT, delayMs: 0 };
  }

  async conclude(ids: readonly string[], call: Call): Promise<void> {
    const { tracking } = this.#durability;
    if (tracking === undefined) return;
    const limiter = new Limiter(MAX_CONCLUDED_AT_ONCE);
    await Promise.all(ids.map((id) => limiter.run(() => tracking.complete(id, call))));
  }

  /** At the processes that serve them, once it has been enqueued; who they are is asked meanwhile. Never rejects. */
  async #ring({ targets }: Consignment, enqueued: Promise<unknown>): Promise<void> {
    using call = linkCall({}, RINGING_MS, SOURCE);
    const bells = new Bells(this.#context.messaging, call);
    const nodes = nodesServing(this.#context, targets, call);
    const isEnqueued = await enqueued.then(
      () => true,
      () => false, // Told to whoever hands it over.
    );
    if (isEnqueued) bells.ring(await nodes);
    await bells.finish();
  }

  /** What the store will never take has failed, so that it does not stand in the way of what comes behind it. */
  async #enqueue(consignment: Consignment, call: Call): Promise<ReadonlyMap<string, OutboxFailure>> {
    try {
      return await this.#enqueueAll(consignment, call);
    } catch (cause) {
      const error = codedError(cause, SOURCE);
      if (error.code !== "PAYLOAD_TOO_LARGE" && error.code !== "INVALID_ARGUMENT") throw error;
      return new Map(consignment.targets.map(({ identity }) => [identity, failureOf(identity, error)]));
    }
  }

  async #enqueueAll({ start, targets, ttlMs }: Consignment, call: Call): Promise<ReadonlyMap<string, OutboxFailure>> {
    const { traits } = this.#durability;
    const options = { ttlMs: Math.min(ttlMs, traits.maxTtlMs) };
    const size = Math.min(traits.maxBatch, MAX_BATCH);
    await this.#begin(start, call);
    const failed = new Map<string, OutboxFailure>();
    for (let from = 0; from < targets.length; from += size) {
      const batch = targets.slice(from, from + size);
      for (const { index, error } of await this.#durability.enqueueMany(start.message, batch, options, call)) {
        const identity = batch[index]?.identity ?? "";
        failed.set(identity, failureOf(identity, error));
      }
    }
    return failed.size === 0 ? NOBODY_FAILED : failed;
  }

  /** Its key is the outbox's business. */
  async #begin(start: MulticastStart, call: Call): Promise<void> {
    const { tracking } = this.#durability;
    if (tracking === undefined) return;
    await this.#begun.once(start.message.id, () => tracking.begin({ ...start, idempotencyKey: undefined }, call));
  }
}

function failureOf(identity: string, { code, message }: MusterError): OutboxFailure {
  return { identity, code: isOutboxCode(code) ? code : "DEAD_LETTERED", reason: message };
}

function isOutboxCode(code: string): code is OutboxCode {
  return code === "UNREGISTERED" || code === "QUEUE_FULL";
}
