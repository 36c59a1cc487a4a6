/** The registry slot on PostgreSQL: the contract of `@muster/core/slots`, method by method. The server decides, atomically. */

import {
  type Call,
  type Census,
  type CensusOptions,
  checkPageSize,
  type CountFacet,
  type DeleteKey,
  type DeleteOutcome,
  type FilterFacet,
  type Lease,
  type LeaseOutcome,
  Lifecycle,
  MusterError,
  OperationCall,
  type ReapClaim,
  type Registration,
  type RegistryBackend,
  type RegistryTraits,
  type Route,
  type ScanQuery,
  type Scope,
  type SetEntry,
  type SetOutcome,
  type SortFacet,
} from "@muster/core/slots";
import { splitForComparisons } from "@muster/filter";
import { type PostgresCall, type PostgresClient, postgresClient } from "./client.ts";
import { NAME } from "./errors.ts";
import { lockKey } from "./keys.ts";
import { checkOptions, type PostgresOptions } from "./options.ts";
import { Indexing } from "./schema/indexing.ts";
import { openMigrated } from "./schema/upkeep.ts";
import { NAME_LIMITS, RECORD_LIMITS } from "./store/arguments.ts";
import { confirmMany, deleteMany, reap } from "./store/ends.ts";
import { first } from "./store/first.ts";
import { renewMany } from "./store/leases.ts";
import type { Namespace } from "./store/namespace.ts";
import { keptShapes } from "./store/routes.ts";
import { count, getMany, type PageReader, readCensus, registrationPages, routePages } from "./store/reading.ts";
import { statementsIn } from "./store/statements.ts";
import { setMany } from "./store/writing.ts";

export type PostgresRegistryOptions = PostgresOptions;

const TRAITS: RegistryTraits = Object.freeze({
  consistency: "linearizable",
  staleMs: 0,
  ttlResolutionMs: 0,
  clock: Object.freeze({ source: "store", maxErrorMs: 0 }),
  quota: "exact",
  maxIdentityBytes: NAME_LIMITS.maxIdentityBytes,
  ...RECORD_LIMITS,
});

/**
 * A registry in PostgreSQL 14 or later, in tables that all namespaces share.
 *
 * What a call has changed is there for everyone when it returns, and as durable as the server's `synchronous_commit` makes it.
 *
 * @throws CONFIG_INVALID: with a violation for each option that is wrong.
 */
export function postgresRegistry(options: PostgresRegistryOptions): RegistryBackend {
  checkOptions(options);
  return new PostgresRegistry(options);
}

class PostgresRegistry implements RegistryBackend {
  readonly name: string = NAME;
  readonly traits: RegistryTraits = TRAITS;
  readonly filters: FilterFacet = { split: splitForComparisons };
  readonly counts: CountFacet = {
    count: async (filter, call) => this.#run("count", call, async (namespace, sent) => count(namespace, filter, sent)),
  };
  readonly sorts: SortFacet = {
    first: async (query, call) => {
      checkPageSize(query.limit, `${NAME}.first`);
      return this.#run("first", call, async (namespace, sent) => first(namespace, query, sent));
    },
  };
  readonly #life = new Lifecycle(NAME);
  readonly #client: PostgresClient;
  #indexing: Indexing | undefined;
  #opened: Namespace | undefined;

  constructor(options: PostgresRegistryOptions) {
    this.#client = postgresClient(options);
  }

  async open({ namespace, schema, maxIdentities }: Scope, call: Call): Promise<void> {
    await this.#life.open(call, async (opening) => {
      const client = this.#client;
      const { names } = client;
      await openMigrated(client, opening);
      const indexes = new Indexing(client, schema);
      const quotaLock = lockKey("quota", names.schemaName);
      this.#indexing = indexes;
      const [sql, shapes] = [statementsIn(names), keptShapes()];
      this.#opened = { client, name: namespace, maxIdentities, quotaLock, sql, indexes, shapes };
      indexes.start();
    });
  }

  async setMany(entries: readonly SetEntry[], call: Call): Promise<readonly SetOutcome[]> {
    return this.#run("setMany", call, async (namespace, sent) => setMany(namespace, entries, sent));
  }

  async getMany(identities: readonly string[], call: Call): Promise<readonly (Registration | undefined)[]> {
    return this.#run("getMany", call, async (namespace, sent) => getMany(namespace, identities, sent));
  }

  async renewMany(leases: readonly Lease[], call: Call): Promise<readonly LeaseOutcome[]> {
    return this.#run("renewMany", call, async (namespace, sent) => renewMany(namespace, leases, sent));
  }

  async deleteMany(keys: readonly DeleteKey[], call: Call): Promise<readonly DeleteOutcome[]> {
    return this.#run("deleteMany", call, async (namespace, sent) => deleteMany(namespace, keys, sent));
  }

  async *scan(query: ScanQuery, call: Call): AsyncGenerator<readonly Registration[], void, undefined> {
    yield* this.#pages("scan", query, call, registrationPages);
  }

  async *scanRoutes(query: ScanQuery, call: Call): AsyncGenerator<readonly Route[], void, undefined> {
    yield* this.#pages("scanRoutes", query, call, routePages);
  }

  async reap(
    options: { readonly limit: number; readonly claimMs: number; readonly graceMs: number },
    call: Call,
  ): Promise<readonly ReapClaim[]> {
    return this.#run("reap", call, async (namespace, sent) => reap(namespace, options, sent));
  }

  async confirmMany(claims: readonly ReapClaim[], call: Call): Promise<void> {
    await this.#run("confirmMany", call, async (namespace, sent) => confirmMany(namespace, claims, sent));
  }

  async census(call: Call, { minExpired = 0 }: CensusOptions = {}): Promise<Census> {
    return this.#run("census", call, async (namespace, sent) => readCensus(namespace, minExpired, sent));
  }

  async close(): Promise<void> {
    await this.#life.close(async () => {
      this.#indexing?.stop();
      await this.#client.close();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #namespace(): Namespace {
    if (this.#opened !== undefined) return this.#opened;
    throw new MusterError({ code: "CLOSED", source: NAME, message: "it is not open yet" });
  }

  async #run<T>(
    operation: string,
    call: Call,
    work: (namespace: Namespace, call: PostgresCall) => Promise<T>,
  ): Promise<T> {
    return this.#life.run(operation, call, async () => work(this.#namespace, new OperationCall(call, operation)));
  }

  async *#pages<T extends Route>(
    operation: string,
    query: ScanQuery,
    call: Call,
    readerOf: (namespace: Namespace, query: ScanQuery) => PageReader<T>,
  ): AsyncGenerator<readonly T[], void, undefined> {
    checkPageSize(query.pageSize, `${NAME}.${operation}`);
    this.#life.check(operation, call);
    const read = readerOf(this.#namespace, query);
    for (let after = query.after; ; ) {
      const { items, last } = await this.#run(operation, call, async (_, sent) => read(after, sent));
      if (items.length > 0) yield items;
      if (last === undefined) return;
      after = last;
    }
  }
}
