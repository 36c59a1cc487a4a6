/** The registry slot on NATS: the contract of `@muster/core/slots`, method by method, over one stream and its mirror. */

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
  isMusterError,
  MusterError,
  type ReapClaim,
  type Registration,
  type RegistryBackend,
  type RegistryTraits,
  type Route,
  type ScanQuery,
  type Scope,
  type SetEntry,
  type SetOutcome,
  untilEnded,
} from "@muster/core/slots";
import { type Filter, splitForEvaluator } from "@muster/filter";
import { Client } from "./client.ts";
import { NAME, retold } from "./errors.ts";
import { checkOptions, type NatsOptions, prefixOf } from "./options.ts";
import { NAME_LIMITS, type RecordLimits, recordLimits } from "./store/arguments.ts";
import { deleteMany } from "./store/deleting.ts";
import { confirmMany, reap, type ReapOptions } from "./store/ends.ts";
import { renewMany } from "./store/leases.ts";
import { getMany, pageReader, readCensus, registrations, routes, type Selection } from "./store/reading.ts";
import { setMany } from "./store/setting.ts";
import { Store } from "./store/store.ts";
import { streamNames, withoutJetStream } from "./store/stream.ts";

export type NatsRegistryOptions = NatsOptions & {
  /** Servers that keep the stream, where it is created here. Default 1; more need a cluster, and survive one of them. */
  readonly replicas?: number;
};

const DEFAULT_REPLICAS = 1;
const MAX_REPLICAS = 5;

/**
 * A registry in a stream of NATS 2.9 or later with JetStream, and in the memory of each process that opens it.
 *
 * @throws CONFIG_INVALID, naming each option.
 */
export function natsRegistry(options: NatsRegistryOptions = {}): RegistryBackend {
  const { replicas = DEFAULT_REPLICAS, ...connection } = options;
  checkOptions(connection);
  if (!(Number.isInteger(replicas) && replicas >= 1 && replicas <= MAX_REPLICAS)) {
    const message = `must be a whole number from 1 to ${MAX_REPLICAS}`;
    const detail = { violations: [{ path: "replicas", message }] };
    throw new MusterError({
      code: "CONFIG_INVALID",
      source: `${NAME}.options`,
      message: `replicas ${message}`,
      detail,
    });
  }
  return new NatsRegistry(connection, replicas);
}

class NatsRegistry implements RegistryBackend {
  readonly name: string = NAME;
  readonly filters: FilterFacet = { split: splitForEvaluator };
  readonly counts: CountFacet = { count: async (filter, call) => this.#count(filter, call) };
  readonly #client: Client;
  readonly #prefix: string;
  readonly #replicas: number;
  #limits: RecordLimits = recordLimits(1);
  #store: Store | undefined;

  constructor(options: NatsOptions, replicas: number) {
    this.#client = new Client(options);
    this.#prefix = prefixOf(options);
    this.#replicas = replicas;
  }

  get traits(): RegistryTraits {
    return {
      consistency: "linearizable",
      staleMs: 0,
      ttlResolutionMs: 0,
      clock: { source: "store", maxErrorMs: 0 },
      quota: "approximate",
      maxIdentityBytes: NAME_LIMITS.maxIdentityBytes,
      ...this.#limits,
    };
  }

  async open({ namespace, maxIdentities }: Scope, call: Call): Promise<void> {
    await this.#client.open(call, async (link, opening) => {
      this.#limits = recordLimits(link.maxMessageBytes);
      const names = streamNames(this.#prefix, namespace);
      const store = new Store({ link, names, replicas: this.#replicas, maxIdentities });
      try {
        await untilEnded(store.feed.open(), opening, `${NAME}.open`);
        this.#store = store;
      } catch (error) {
        store.close();
        const isWithout = isMusterError(error, "UNAVAILABLE") && link.isUp && !link.server.hasJetStream;
        throw isWithout ? withoutJetStream({ operation: "open" }) : error;
      }
    });
  }

  async setMany(entries: readonly SetEntry[], call: Call): Promise<readonly SetOutcome[]> {
    return this.#run("setMany", call, async (store) => setMany(store, entries, this.#limits, call));
  }

  async getMany(identities: readonly string[], call: Call): Promise<readonly (Registration | undefined)[]> {
    return this.#run("getMany", call, async (store) => getMany(store, identities));
  }

  async renewMany(leases: readonly Lease[], call: Call): Promise<readonly LeaseOutcome[]> {
    return this.#run("renewMany", call, async (store) => renewMany(store, leases, call));
  }

  async deleteMany(keys: readonly DeleteKey[], call: Call): Promise<readonly DeleteOutcome[]> {
    return this.#run("deleteMany", call, async (store) => deleteMany(store, keys, call));
  }

  scan(query: ScanQuery, call: Call): AsyncIterable<readonly Registration[]> {
    return this.#pages(registrations("scan", query), call);
  }

  scanRoutes(query: ScanQuery, call: Call): AsyncIterable<readonly Route[]> {
    return this.#pages(routes("scanRoutes", query), call);
  }

  async reap(options: ReapOptions, call: Call): Promise<readonly ReapClaim[]> {
    return this.#run("reap", call, async (store) => reap(store, options, call));
  }

  async confirmMany(claims: readonly ReapClaim[], call: Call): Promise<void> {
    await this.#run("confirmMany", call, async (store) => confirmMany(store, claims, call));
  }

  async census(call: Call): Promise<Census> {
    return this.#run("census", call, async (store) => readCensus(store, "census"));
  }

  async close(): Promise<void> {
    await this.#client.close(() => this.#store?.close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run<T>(operation: string, call: Call, work: (store: Store) => Promise<T>): Promise<T> {
    return this.#client.run(operation, call, async () => {
      try {
        return await work(this.#opened);
      } catch (error) {
        throw retold(error, { operation });
      }
    });
  }

  get #opened(): Store {
    if (this.#store !== undefined) return this.#store;
    throw new MusterError({ code: "CLOSED", source: NAME, message: "it is not open yet" });
  }

  async *#pages<T>(selection: Selection<T>, call: Call): AsyncGenerator<readonly T[], void, undefined> {
    const { operation, query } = selection;
    checkPageSize(query.pageSize, `${NAME}.${operation}`);
    let readPage: ReturnType<typeof pageReader<T>> | undefined;
    let { after } = query;
    for (;;) {
      const { items, last } = await this.#run(operation, call, async (store) => {
        readPage ??= pageReader(store, selection);
        return readPage(after);
      });
      if (items.length > 0) yield items;
      if (last === undefined) return;
      after = last;
    }
  }

  async #count(filter: Filter | undefined, call: Call): Promise<number> {
    if (filter === undefined) {
      const { counted, expired } = await this.#run("count", call, async (store) => readCensus(store, "count"));
      return counted - expired;
    }
    let count = 0;
    for await (const page of this.#pages(routes("count", { filter, pageSize: Number.MAX_SAFE_INTEGER }), call))
      count += page.length;
    return count;
  }
}
