/** The durability slot on Redis: the contract of `@muster/core/slots`, method by method. Scripts decide, atomically. */

import {
  type BatchFailure,
  type Call,
  checkPageSize,
  type DeadCode,
  type DeadLetter,
  type DeadLetterFacet,
  DEFAULT_DURABILITY_SCOPE,
  type DequeueOptions,
  type DurabilityBackend,
  type DurabilityScope,
  type DurabilityTraits,
  type DurableMessage,
  type Leased,
  Lifecycle,
  MusterError,
  type Scope,
  type Settlement,
  type Target,
  type TrackedDelivery,
  type TrackingFacet,
  type TransactionFacet,
} from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import { type RedisCall, type RedisClient, redisClient } from "./client.ts";
import { NAME } from "./errors.ts";
import type { RedisOptions } from "./options.ts";
import { MAX_BATCH, MAX_LEASE_MS, MAX_PAYLOAD_BYTES, MAX_TTL_MS, MIN_LEASE_MS } from "./queues/arguments.ts";
import { attachMany, detachMany, dropMany } from "./queues/attaching.ts";
import { type DeadLetterQuery, purgeMany, readDeadLetters, redriveMany } from "./queues/dead-letters.ts";
import { deliveriesIn, stretchesOf } from "./queues/deliveries.ts";
import { dequeue, shapesOfLeases } from "./queues/dequeueing.ts";
import { enqueueMany } from "./queues/enqueueing.ts";
import { handleOnce } from "./queues/handling.ts";
import { extendMany, settleMany, shapesOfSettlements } from "./queues/settling.ts";
import { type Space, spaceOf } from "./queues/space.ts";
import { sweep } from "./queues/sweeping.ts";
import { begin, complete, counts, find } from "./queues/tracking.ts";
import type { RedisTransaction } from "./queues/transaction.ts";

/**
 * Queues in Redis 7.0 or later, standalone, behind Sentinel, or a cluster, where a namespace lies on one node.
 *
 * What has returned is as durable as the server makes it: with `appendfsync always` it survives any crash, with
 * `everysec` the last second or two may be lost, and so may what had not reached a replica that takes over. A handler's own commands can run in one piece with its acknowledgement: see
 * {@link RedisTransaction}.
 */
export function redisDurability(options: RedisOptions): DurabilityBackend<RedisTransaction> {
  return new RedisDurability(options);
}

function sentCall({ signal }: Call, operation: string): RedisCall {
  return { signal, operation };
}

function traitsOf({ trackingRetentionMs }: DurabilityScope): DurabilityTraits {
  return Object.freeze({
    holds: "recipient",
    order: "fifo",
    lease: "message",
    delay: true,
    wakes: false,
    fences: "epoch",
    queueQuota: true,
    dedupWindowMs: trackingRetentionMs,
    attempts: "exact",
    minLeaseMs: MIN_LEASE_MS,
    maxLeaseMs: MAX_LEASE_MS,
    maxTtlMs: MAX_TTL_MS,
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    maxBatch: MAX_BATCH,
  });
}

interface DeliveryQuery {
  readonly after?: string;
  readonly pageSize: number;
  readonly statuses?: readonly TrackedDelivery["status"][];
}

class RedisDurability implements DurabilityBackend<RedisTransaction> {
  readonly name: string = NAME;
  readonly tracking: TrackingFacet = {
    begin: async (start, call) => this.#run("begin", call, async (space, sent) => begin(space, start, sent)),
    complete: async (id, call) => this.#run("complete", call, async (space, sent) => complete(space, id, sent)),
    find: async (id, call) => this.#run("find", call, async (space, sent) => find(space, id, sent)),
    counts: async (id, call) => this.#run("counts", call, async (space, sent) => counts(space, id, sent)),
    deliveries: (id, query, call) => this.#deliveries(id, query, call),
  };
  readonly transactions: TransactionFacet<RedisTransaction> = {
    handleOnce: async (delivery, work, call) =>
      this.#run("handleOnce", call, async (space, sent) => handleOnce(space, delivery, work, sent)),
  };
  readonly deadLetters: DeadLetterFacet = {
    list: (query, call) => this.#deadLetters(query, call),
    redriveMany: async (keys, options, call) =>
      this.#run("redriveMany", call, async (space, sent) => redriveMany(space, keys, options, sent)),
    purgeMany: async (keys, call) => this.#run("purgeMany", call, async (space, sent) => purgeMany(space, keys, sent)),
  };
  readonly #life = new Lifecycle(NAME);
  readonly #client: RedisClient;
  #traits = traitsOf(DEFAULT_DURABILITY_SCOPE);
  #opened: Space | undefined;

  constructor(options: RedisOptions) {
    this.#client = redisClient(options);
  }

  get traits(): DurabilityTraits {
    return this.#traits;
  }

  async open({ namespace, durability = DEFAULT_DURABILITY_SCOPE }: Scope, call: Call): Promise<void> {
    await this.#life.open(call, async (opening) => {
      await this.#client.open(opening);
      const shapes = [...shapesOfLeases(), ...shapesOfSettlements(), sentCall(opening, "open")];
      this.#opened = spaceOf(this.#client, namespace, durability, shapes);
      this.#traits = traitsOf(durability);
    });
  }

  async enqueueMany(
    message: DurableMessage,
    targets: readonly Target[],
    options: { readonly ttlMs: number },
    call: Call,
  ): Promise<readonly BatchFailure[]> {
    return this.#run("enqueueMany", call, async (space, sent) => enqueueMany(space, message, targets, options, sent));
  }

  async attachMany(session: string, targets: readonly Target[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("attachMany", call, async (space, sent) => attachMany(space, session, targets, sent));
  }

  async detachMany(session: string, identities: readonly string[], call: Call): Promise<void> {
    await this.#run("detachMany", call, async (space, sent) => detachMany(space, session, identities, sent));
  }

  async dequeue(session: string, options: DequeueOptions, call: Call): Promise<readonly Leased[]> {
    return this.#run("dequeue", call, async (space, sent) => dequeue(space, session, options, sent));
  }

  async settleMany(settlements: readonly Settlement[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("settleMany", call, async (space, sent) => settleMany(space, settlements, sent));
  }

  async extendMany(receipts: readonly string[], leaseMs: number, call: Call): Promise<readonly BatchFailure[]> {
    return this.#run("extendMany", call, async (space, sent) => extendMany(space, receipts, leaseMs, sent));
  }

  async dropMany(
    targets: readonly Target[],
    why: { readonly code: DeadCode; readonly reason: string },
    call: Call,
  ): Promise<void> {
    await this.#run("dropMany", call, async (space, sent) => dropMany(space, targets, why, sent));
  }

  async sweep({ limit }: { readonly limit: number }, call: Call): Promise<number> {
    return this.#run("sweep", call, async (space, sent) => sweep(space, limit, sent));
  }

  async close(): Promise<void> {
    await this.#life.close(async () => this.#client.close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run<T>(operation: string, call: Call, work: (space: Space, call: RedisCall) => Promise<T>): Promise<T> {
    return this.#life.run(operation, call, async () => {
      const space = this.#opened;
      if (space !== undefined) return work(space, sentCall(call, operation));
      throw new MusterError({ code: "CLOSED", source: NAME, message: "it is not open yet" });
    });
  }

  /** A stretch is read when the first of it is asked for. */
  async *#deliveries(
    id: string,
    { after, pageSize, statuses }: DeliveryQuery,
    call: Call,
  ): AsyncGenerator<readonly TrackedDelivery[], void, undefined> {
    checkPageSize(pageSize, `${NAME}.deliveries`);
    this.#life.check("deliveries", call);
    const found = await this.#run("deliveries", call, async (space, sent) => stretchesOf(space, id, sent));
    const isWanted = ({ identity, status }: TrackedDelivery): boolean =>
      (after === undefined || compareStrings(identity, after) > 0) && (statuses?.includes(status) ?? true);
    let page: TrackedDelivery[] = [];
    for (const stretch of found?.stretches ?? []) {
      if (after !== undefined && compareStrings(stretch.last, after) <= 0) continue;
      const read = await this.#run("deliveries", call, async (space, sent) =>
        deliveriesIn(space, found?.message ?? "", stretch, sent),
      );
      for (const delivery of read.filter(isWanted)) {
        page.push(delivery);
        if (page.length < pageSize) continue;
        yield page;
        page = [];
      }
    }
    if (page.length > 0) yield page;
  }

  async *#deadLetters(query: DeadLetterQuery, call: Call): AsyncGenerator<readonly DeadLetter[], void, undefined> {
    checkPageSize(query.pageSize, `${NAME}.list`);
    this.#life.check("list", call);
    for (let next = query; ; ) {
      const page = await this.#run("list", call, async (space, sent) => readDeadLetters(space, next, sent));
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      next = { ...query, after: last };
    }
  }
}
