/** The durability slot on PostgreSQL: the contract of `@muster/core/slots`, method by method. The server decides, atomically. */

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
  OperationCall,
  type Scope,
  type Settlement,
  type Target,
  type TrackedDelivery,
  type TrackingFacet,
  type TransactionFacet,
} from "@muster/core/slots";
import { type PostgresCall, type PostgresClient, postgresClient } from "./client.ts";
import { NAME } from "./errors.ts";
import { checkOptions, type PostgresOptions } from "./options.ts";
import { MAX_BATCH, MAX_LEASE_MS, MAX_PAYLOAD_BYTES, MAX_TTL_MS, MIN_LEASE_MS } from "./queues/arguments.ts";
import { attachMany, detachMany, dropMany } from "./queues/attaching.ts";
import { type DeadLetterQuery, purgeMany, readDeadLetters, redriveMany } from "./queues/dead-letters.ts";
import { dequeue } from "./queues/dequeueing.ts";
import { enqueueMany } from "./queues/enqueueing.ts";
import { handleOnce, type PostgresTransaction } from "./queues/handling.ts";
import { extendMany, settleMany } from "./queues/settling.ts";
import { numberOf, type Space, turnsOf } from "./queues/space.ts";
import { statementsIn } from "./queues/statements.ts";
import { sweep } from "./queues/sweeping.ts";
import { begin, complete, counts, type DeliveryQuery, find, readDeliveries } from "./queues/tracking.ts";
import { openMigrated } from "./schema/upkeep.ts";

export type PostgresDurabilityOptions = PostgresOptions;

/**
 * Queues in PostgreSQL 14 or later, in tables that all namespaces share.
 *
 * What a call has changed is as durable as the server's `synchronous_commit` makes it. A handler's own writes in the same
 * database commit together with its acknowledgement: see {@link PostgresTransaction}.
 *
 * @throws CONFIG_INVALID: with a violation for each option that is wrong.
 */
export function postgresDurability(options: PostgresDurabilityOptions): DurabilityBackend<PostgresTransaction> {
  checkOptions(options);
  return new PostgresDurability(options);
}

function traitsOf({ trackingRetentionMs }: DurabilityScope): DurabilityTraits {
  return Object.freeze({
    holds: "recipient",
    order: "fifo",
    lease: "message",
    delay: true,
    fences: "epoch",
    queueQuota: true,
    dedupWindowMs: trackingRetentionMs,
    attempts: "exact",
    wakes: false,
    minLeaseMs: MIN_LEASE_MS,
    maxLeaseMs: MAX_LEASE_MS,
    maxTtlMs: MAX_TTL_MS,
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    maxBatch: MAX_BATCH,
  });
}

/** A page, and whether it is the last one. */
interface Page<T> {
  readonly items: readonly T[];
  readonly isLast: boolean;
}

class PostgresDurability implements DurabilityBackend<PostgresTransaction> {
  readonly name: string = NAME;
  readonly tracking: TrackingFacet = {
    begin: async (start, call) => this.#run("begin", call, async (space, sent) => begin(space, start, sent)),
    complete: async (id, call) => this.#run("complete", call, async (space, sent) => complete(space, id, sent)),
    find: async (id, call) => this.#run("find", call, async (space, sent) => find(space, id, sent)),
    counts: async (id, call) => this.#run("counts", call, async (space, sent) => counts(space, id, sent)),
    deliveries: (id, query, call) => this.#deliveries(id, query, call),
  };
  readonly transactions: TransactionFacet<PostgresTransaction> = {
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
  readonly #client: PostgresClient;
  #traits = traitsOf(DEFAULT_DURABILITY_SCOPE);
  #opened: Space | undefined;

  constructor(options: PostgresDurabilityOptions) {
    this.#client = postgresClient(options);
  }

  get traits(): DurabilityTraits {
    return this.#traits;
  }

  async open({ namespace, durability = DEFAULT_DURABILITY_SCOPE }: Scope, call: Call): Promise<void> {
    await this.#life.open(call, async (opening) => {
      const client = this.#client;
      const sql = statementsIn(client.names);
      await openMigrated(client, opening);
      try {
        const number = await numberOf(client, sql, namespace, { ...opening, operation: "open" });
        this.#opened = { client, number, scope: durability, sql, crowded: new Set(), turns: turnsOf(client) };
      } catch (error) {
        await client.close();
        throw error;
      }
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

  async #run<T>(operation: string, call: Call, work: (space: Space, call: PostgresCall) => Promise<T>): Promise<T> {
    return this.#life.run(operation, call, async () => {
      const space = this.#opened;
      if (space !== undefined) return work(space, new OperationCall(call, operation));
      throw new MusterError({ code: "CLOSED", source: NAME, message: "it is not open yet" });
    });
  }

  async *#deliveries(
    id: string,
    query: DeliveryQuery,
    call: Call,
  ): AsyncGenerator<readonly TrackedDelivery[], void, undefined> {
    checkPageSize(query.pageSize, `${NAME}.deliveries`);
    yield* this.#pages<TrackedDelivery>("deliveries", call, async (space, last, sent) =>
      readDeliveries(space, id, last === undefined ? query : { ...query, after: last.identity }, sent),
    );
  }

  async *#deadLetters(query: DeadLetterQuery, call: Call): AsyncGenerator<readonly DeadLetter[], void, undefined> {
    checkPageSize(query.pageSize, `${NAME}.list`);
    yield* this.#pages<DeadLetter>("list", call, async (space, last, sent) =>
      readDeadLetters(space, last === undefined ? query : { ...query, after: last }, sent),
    );
  }

  async *#pages<T>(
    operation: string,
    call: Call,
    read: (space: Space, last: T | undefined, call: PostgresCall) => Promise<Page<T>>,
  ): AsyncGenerator<readonly T[], void, undefined> {
    this.#life.check(operation, call);
    for (let last: T | undefined; ; ) {
      const { items, isLast } = await this.#run(operation, call, async (space, sent) => read(space, last, sent));
      if (items.length > 0) yield items;
      if (isLast) return;
      last = items.at(-1);
    }
  }
}
