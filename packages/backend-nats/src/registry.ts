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
import { settingsOf, type StreamSettings, type WithJetStream } from "./jetstream/options.ts";
import { checkVersion, openingError } from "./jetstream/server-version.ts";
import { checkOptions, type NatsOptions, prefixOf } from "./options.ts";
import { NAME_LIMITS, type RecordLimits, recordLimits } from "./store/arguments.ts";
import { deleteMany } from "./store/deleting.ts";
import { confirmMany, reap, type ReapOptions } from "./store/ends.ts";
import { renewMany } from "./store/leases.ts";
import { getMany, pageReader, readCensus, registrations, routes, type Selection } from "./store/reading.ts";
import { setMany } from "./store/setting.ts";
import { Store } from "./store/store.ts";
import { streamNames } from "./store/stream.ts";

export type NatsRegistryOptions = WithJetStream;

/**
 * A registry in a stream of NATS 2.9 or later with JetStream, and in the memory of each process that opens it.
 *
 * @throws CONFIG_INVALID, naming each option.
 */
export function natsRegistry({ jetstream, ...options }: NatsRegistryOptions = {}): RegistryBackend {
  checkOptions(options);
  return new NatsRegistry(options, settingsOf(jetstream));
}

class NatsRegistry implements RegistryBackend {
  readonly name: string = NAME;
  readonly filters: FilterFacet = { split: splitForEvaluator };
  readonly counts: CountFacet = { count: async (filter, call) => this.#count(filter, call) };
  readonly #client: Client;
  readonly #prefix: string;
  readonly #settings: StreamSettings;
  #limits: RecordLimits = recordLimits(1);
  #store: Store | undefined;

  constructor(options: NatsOptions, settings: StreamSettings) {
    this.#client = new Client(options);
    this.#prefix = prefixOf(options);
    this.#settings = settings;
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
      checkVersion(link);
      this.#limits = recordLimits(link.maxMessageBytes);
      const names = streamNames(this.#prefix, namespace);
      const store = new Store({ link, names, settings: this.#settings, maxIdentities });
      try {
        await untilEnded(store.feed.open(), opening, `${NAME}.open`);
        this.#store = store;
      } catch (error) {
        store.close();
        throw openingError(error, link);
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
