/** The outbox slot on PostgreSQL: the contract of `@muster/core/slots`, method by method. The server decides, atomically. */

import {
  abortedError,
  type Call,
  checkPageSize,
  DEFAULT_DURABILITY_SCOPE,
  Lifecycle,
  type MulticastRecord,
  type MulticastStart,
  MusterError,
  type OutboxBackend,
  type OutboxBacklog,
  type OutboxBellFacet,
  type OutboxCounts,
  type OutboxDelivery,
  type OutboxTarget,
  type OutboxTraits,
  type Parcel,
  type ParcelSettlement,
  type Recorded,
  type Scope,
  type ShardLease,
} from "@muster/core/slots";
import { type PostgresCall, type PostgresClient, postgresClient } from "./client.ts";
import { NAME } from "./errors.ts";
import { outboxChannelName } from "./keys.ts";
import { checkOptions, misconfigured, type PostgresOptions } from "./options.ts";
import { Bell } from "./outbox/bells.ts";
import { leaseShards, releaseShards } from "./outbox/leasing.ts";
import type { Ledger } from "./outbox/ledger.ts";
import { backlog, counts, find, readDeliveries } from "./outbox/multicasts.ts";
import { Recording } from "./outbox/recording.ts";
import { settleMany } from "./outbox/settling.ts";
import { SHARDS } from "./outbox/shards.ts";
import { statementsIn } from "./outbox/statements.ts";
import { sweep } from "./outbox/sweeping.ts";
import { take } from "./outbox/taking.ts";
import { MAX_LEASE_MS, MAX_PAYLOAD_BYTES, MAX_TTL_MS, MIN_LEASE_MS } from "./queues/arguments.ts";
import type { PostgresTransaction } from "./queues/handling.ts";
import { numberOf } from "./queues/space.ts";
import { statementsIn as queueStatementsIn } from "./queues/statements.ts";
import { openMigrated } from "./schema/upkeep.ts";

const TRAITS: OutboxTraits = Object.freeze({
  shards: SHARDS,
  minLeaseMs: MIN_LEASE_MS,
  maxLeaseMs: MAX_LEASE_MS,
  maxTtlMs: MAX_TTL_MS,
  maxPayloadBytes: MAX_PAYLOAD_BYTES,
});

export type PostgresOutboxOptions = PostgresOptions & {
  /**
   * `notify`: a commit tells relays, which hand over at once. `none`: they find it at their next look; of transactions that
   * record, commits don't wait for each other then, and they can be prepared for a commit in two phases. Default `notify`.
   */
  readonly wake?: "notify" | "none";
};

/**
 * An outbox in PostgreSQL 14 or later, in tables that all namespaces share, of the database in which its senders write.
 *
 * What is recorded in a transaction is as durable as that is. Transactions are a client of the driver `pg` after `BEGIN`, or
 * what handlers are given by `postgresDurability`; statements go out on them in the order in which they were asked for.
 *
 * @throws CONFIG_INVALID: with a violation for each option that is wrong.
 */
export function postgresOutbox(options: PostgresOutboxOptions): OutboxBackend<PostgresTransaction> {
  checkOptions(options);
  const { wake = "notify" } = options;
  if (wake !== "notify" && wake !== "none")
    throw misconfigured(`${NAME}.options`, [{ path: "wake", message: "is notify or none" }]);
  return new PostgresOutbox(options);
}

class PostgresOutbox implements OutboxBackend<PostgresTransaction> {
  readonly name: string = NAME;
  readonly traits: OutboxTraits = TRAITS;
  readonly bells?: OutboxBellFacet;
  readonly #life = new Lifecycle(NAME);
  readonly #client: PostgresClient;
  readonly #isTelling: boolean;
  readonly #listening = new Set<Bell>();
  readonly #recordings = new Map<Recording, Promise<unknown>>();
  /** The last recording in each transaction: of two at once one would take back what the other has written. */
  readonly #turns = new WeakMap<object, Promise<unknown>>();
  #ledger: Ledger | undefined;

  constructor(options: PostgresOutboxOptions) {
    this.#client = postgresClient(options);
    this.#isTelling = options.wake !== "none";
    if (this.#isTelling) this.bells = { listen: async (ring, call) => this.#listen(ring, call) };
  }

  async open({ namespace, durability = DEFAULT_DURABILITY_SCOPE }: Scope, call: Call): Promise<void> {
    await this.#life.open(call, async (opening) => {
      const client = this.#client;
      const { names } = client;
      await openMigrated(client, opening);
      try {
        const sent = { ...opening, operation: "open" };
        const number = await numberOf(client, queueStatementsIn(names), namespace, sent);
        const sql = statementsIn(names);
        await client.query(sql.addShards, [number, SHARDS], sent);
        const keepMs = Math.ceil(durability.trackingRetentionMs);
        const channel = this.#isTelling ? outboxChannelName(names.schemaName, namespace) : undefined;
        this.#ledger = { client, namespace, number, keepMs, channel, sql };
      } catch (error) {
        await client.close();
        throw error;
      }
    });
  }

  async record(
    transaction: PostgresTransaction,
    start: MulticastStart,
    targets: AsyncIterable<readonly OutboxTarget[]>,
    call: Call,
  ): Promise<Recorded> {
    this.#life.check("record", call);
    const recording = new Recording(this.#opened, transaction);
    const onAbort = (): void => recording.abandon(abortedError(call, `${NAME}.record`));
    call.signal.addEventListener("abort", onAbort, { once: true });
    try {
      const running = recording.run(start, targets, this.#turns.get(transaction));
      const over = running.catch(() => undefined);
      this.#turns.set(transaction, over);
      this.#recordings.set(recording, over);
      return await running;
    } finally {
      call.signal.removeEventListener("abort", onAbort);
      this.#recordings.delete(recording);
    }
  }

  async leaseShards(relay: string, options: { readonly leaseMs: number }, call: Call): Promise<readonly ShardLease[]> {
    return this.#run("leaseShards", call, async (ledger, sent) => leaseShards(ledger, relay, options, sent));
  }

  async releaseShards(relay: string, call: Call): Promise<void> {
    await this.#run("releaseShards", call, async (ledger, sent) => releaseShards(ledger, relay, sent));
  }

  async take(lease: ShardLease, options: { readonly maxTargets: number }, call: Call): Promise<readonly Parcel[]> {
    return this.#run("take", call, async (ledger, sent) => take(ledger, lease, options, sent));
  }

  async settleMany(
    lease: ShardLease,
    settlements: readonly ParcelSettlement[],
    call: Call,
  ): Promise<readonly string[]> {
    return this.#run("settleMany", call, async (ledger, sent) => settleMany(ledger, lease, settlements, sent));
  }

  async backlog(call: Call): Promise<OutboxBacklog> {
    return this.#run("backlog", call, backlog);
  }

  async find(id: string, call: Call): Promise<MulticastRecord | undefined> {
    return this.#run("find", call, async (ledger, sent) => find(ledger, id, sent));
  }

  async counts(id: string, call: Call): Promise<OutboxCounts> {
    return this.#run("counts", call, async (ledger, sent) => counts(ledger, id, sent));
  }

  async *deliveries(
    id: string,
    query: { readonly after?: string; readonly pageSize: number },
    call: Call,
  ): AsyncGenerator<readonly OutboxDelivery[], void, undefined> {
    checkPageSize(query.pageSize, `${NAME}.deliveries`);
    this.#life.check("deliveries", call);
    for (let next = query; ; ) {
      const page = await this.#run("deliveries", call, async (ledger, sent) => readDeliveries(ledger, id, next, sent));
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      next = { ...query, after: last.identity };
    }
  }

  async sweep({ limit }: { readonly limit: number }, call: Call): Promise<number> {
    return this.#run("sweep", call, async (ledger, sent) => sweep(ledger, limit, sent));
  }

  async close(): Promise<void> {
    const closed = new MusterError({ code: "CLOSED", source: `${NAME}.record`, message: "it has been closed" });
    for (const recording of this.#recordings.keys()) recording.abandon(closed);
    await this.#life.close(async () => {
      await Promise.all(this.#recordings.values());
      for (const bell of this.#listening) bell.close();
      await this.#client.close();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #listen(ring: () => void, call: Call): Promise<AsyncDisposable> {
    return this.#run("listen", call, async ({ client, channel = "" }, sent) => {
      const bell = await Bell.open({ client, channel, ring }, sent);
      if (call.signal.aborted || this.#life.state !== "open")
        bell.close(); // Nobody waits for it any more.
      else this.#listening.add(bell);
      return {
        [Symbol.asyncDispose]: async () => {
          bell.close();
          this.#listening.delete(bell);
        },
      };
    });
  }

  get #opened(): Ledger {
    if (this.#ledger !== undefined) return this.#ledger;
    throw new MusterError({ code: "CLOSED", source: NAME, message: "it is not open yet" });
  }

  async #run<T>(operation: string, call: Call, work: (ledger: Ledger, call: PostgresCall) => Promise<T>): Promise<T> {
    return this.#life.run(operation, call, async () => work(this.#opened, { signal: call.signal, operation }));
  }
}
