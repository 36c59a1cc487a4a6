/** The registry slot on Redis: the contract of `@muster/core/slots`, method by method. Scripts decide, atomically. */

import {
  type Call,
  type Census,
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
} from "@muster/core/slots";
import { type Filter, splitForEvaluator } from "@muster/filter";
import { type RedisCall, type RedisClient, redisClient } from "./client.ts";
import { NAME } from "./errors.ts";
import { Catalogue } from "./indexes/catalogue.ts";
import { indexKey, registryKeys } from "./keys.ts";
import type { RedisOptions } from "./options.ts";
import { writeKeys } from "./scripts/write-keys.ts";
import { NAME_LIMITS, RECORD_LIMITS } from "./store/arguments.ts";
import { confirmMany, deleteMany, reap } from "./store/ends.ts";
import { KeptPages } from "./store/kept-pages.ts";
import { keptShapes } from "./store/kept-shapes.ts";
import { renewMany } from "./store/leases.ts";
import type { Namespace } from "./store/namespace.ts";
import { type PageSource, pagesOf } from "./store/pages.ts";
import { getMany, readCensus } from "./store/reading.ts";
import { checkedMaxRoutes, RouteMirror } from "./store/route-mirror.ts";
import { Servers } from "./store/servers.ts";
import { registrationSource, routeSource } from "./store/sources.ts";
import { setMany } from "./store/writing.ts";

export type RedisRegistryOptions = RedisOptions & {
  /**
   * Of how many registrations at most this process keeps where they are, some 80 bytes each, once it asks for everyone
   * again and again. 0: of none. Default 1,000,000.
   */
  readonly maxMirroredRoutes?: number;
};

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
 * A registry in Redis 7.0 or later, standalone, behind Sentinel, or a cluster, where a namespace lies on one node.
 *
 * What a call has changed is there for everyone when it returns; through a crash of the server it is as durable as that
 * server writes it down.
 */
export function redisRegistry(options: RedisRegistryOptions): RegistryBackend {
  return new RedisRegistry(options);
}

class RedisRegistry implements RegistryBackend {
  readonly name: string = NAME;
  readonly traits: RegistryTraits = TRAITS;
  readonly filters: FilterFacet = { split: splitForEvaluator };
  readonly counts: CountFacet = { count: async (filter, call) => this.#count(filter, call) };
  readonly #life = new Lifecycle(NAME);
  readonly #client: RedisClient;
  readonly #mirror: RouteMirror;
  #opened: Namespace | undefined;

  constructor(options: RedisRegistryOptions) {
    this.#client = redisClient(options);
    this.#mirror = new RouteMirror(checkedMaxRoutes(options.maxMirroredRoutes));
  }

  async open({ namespace, schema, maxIdentities }: Scope, call: Call): Promise<void> {
    await this.#life.open(call, async (opening) => {
      const client = this.#client;
      await client.open(opening);
      try {
        const keys = registryKeys(client.prefix, namespace);
        const store = { client, keys, indexKey: (position: number) => indexKey(client.prefix, namespace, position) };
        const catalogue = new Catalogue(store, schema);
        const sent: RedisCall = { signal: opening.signal, operation: "open" };
        await catalogue.reload(sent);
        const plainWriteKeys = Object.freeze(writeKeys(keys, []));
        const [servers, pages, shapes] = [new Servers(), new KeptPages(), keptShapes()];
        this.#opened = { client, keys, plainWriteKeys, store, catalogue, maxIdentities, servers, pages, shapes };
      } catch (error) {
        client.close();
        throw error;
      }
    });
  }

  setMany(entries: readonly SetEntry[], call: Call): Promise<readonly SetOutcome[]> {
    return this.#life.run("setMany", call, () => setMany(this.#namespace, entries, call));
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
    yield* this.#pages("scan", query, call, (namespace) => registrationSource(namespace, query));
  }

  async *scanRoutes(query: ScanQuery, call: Call): AsyncGenerator<readonly Route[], void, undefined> {
    yield* this.#pages("scanRoutes", query, call, (namespace) => routeSource(namespace, query, this.#mirror));
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

  async census(call: Call): Promise<Census> {
    return this.#run("census", call, readCensus);
  }

  async close(): Promise<void> {
    await this.#life.close(async () => {
      this.#opened?.catalogue.close();
      this.#mirror.close();
      this.#client.close();
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
    work: (namespace: Namespace, call: RedisCall) => Promise<T>,
  ): Promise<T> {
    return this.#life.run(operation, call, () => work(this.#namespace, new OperationCall(call, operation)));
  }

  async *#pages<T extends Route>(
    operation: string,
    { after, pageSize }: ScanQuery,
    call: Call,
    sourceIn: (namespace: Namespace) => PageSource<T>,
  ): AsyncGenerator<readonly T[], void, undefined> {
    checkPageSize(pageSize, `${NAME}.${operation}`);
    this.#life.check(operation, call);
    const wait = async <R>(work: () => Promise<R>): Promise<R> => this.#life.run(operation, call, work);
    const sent = new OperationCall(call, operation);
    yield* pagesOf({ source: sourceIn(this.#namespace), after, pageSize, call: sent, wait });
  }

  async #count(filter: Filter | undefined, call: Call): Promise<number> {
    if (filter === undefined) {
      const { counted, expired } = await this.#run("count", call, readCensus);
      return counted - expired;
    }
    const query = { filter, pageSize: Number.MAX_SAFE_INTEGER };
    let count = 0;
    for await (const page of this.#pages("count", query, call, (namespace) => registrationSource(namespace, query)))
      count += page.length;
    return count;
  }
}
