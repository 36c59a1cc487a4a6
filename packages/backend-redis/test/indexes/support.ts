/** A real server, and processes that write to one namespace of it as the registry does. */

import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { IdentitySchema } from "@muster/core/slots";
import { type Filter, formatPath, type Metadata, parsePath, where } from "@muster/filter";
import type { Server } from "@muster/servers";
import { expect } from "vitest";
import { type RedisClient, redisClient } from "../../src/client.ts";
import { candidatePages } from "../../src/indexes/candidates.ts";
import { Catalogue } from "../../src/indexes/catalogue.ts";
import type { IndexStore } from "../../src/indexes/catalogue-state.ts";
import { indexKey, registryKeys } from "../../src/keys.ts";
import { REINDEX } from "../../src/scripts/index-entries.ts";
import { script } from "../../src/scripts/script.ts";
import { CHECK_CATALOGUE, STALE_CATALOGUE, WRITE_KEYS, writeKeys } from "../../src/scripts/write-keys.ts";

export const CALL = { signal: new AbortController().signal };
const PREFIX = "muster";
export const RARE: Filter = where("kind").eq("rare");
export const KIND: IdentitySchema = schemaOf({ kind: "string" });
export const PLACE: IdentitySchema = schemaOf({ place: "geo_point" });

/** Writes records without stamps: all that indexes know of them. Arguments: version, then identity, record, values. */
const putScript = script({
  name: "put",
  lua: [
    WRITE_KEYS,
    CHECK_CATALOGUE,
    REINDEX,
    `
local identities, before, packed = {}, {}, {}
for i = 2, #ARGV, 3 do
  local identity = ARGV[i]
  identities[#identities + 1] = identity
  before[#before + 1] = redis.call('HGET', values, identity) or ''
  if ARGV[i + 1] == '' then
    redis.call('HDEL', records, identity)
    redis.call('ZREM', order, identity)
    packed[#packed + 1] = ''
  else
    redis.call('HSET', records, identity, ARGV[i + 1])
    redis.call('ZADD', order, 0, identity)
    packed[#packed + 1] = ARGV[i + 2]
  end
end
if #indexes > 0 then reindex(values, indexes, identities, before, packed) end
return 'put'
`,
  ],
});

const forgetScript = script({ name: "forget", lua: ["return redis.call('DEL', unpack(KEYS))"] });

/** One process with a schema of its own. */
export interface Process {
  readonly client: RedisClient;
  readonly store: IndexStore;
  readonly catalogue: Catalogue;
  put(records: Readonly<Record<string, Metadata | undefined>>): Promise<void>;
  /** As when the server has lost what it had, but for the registrations. */
  forgetIndexes(): Promise<void>;
  /** `undefined`: no index serves the filter. */
  candidates(filter: Filter, options?: { after?: string; pageSize?: number }): Promise<readonly string[] | undefined>;
}

/** Indexed are the fields with these keys, as strings or, where a type is given, as that. */
export function schemaOf(
  fields: Readonly<Record<string, "string" | "geo_point" | "float" | "semver">>,
): IdentitySchema {
  const all = Object.entries(fields).map(([key, type]) => {
    const path = parsePath(key);
    return [formatPath(path), { type, path, required: false, index: true }] as const;
  });
  return { fields: Object.fromEntries(all), additional: "keep" };
}

/** A namespace that nobody has seen, on a server shared by the tests of a file. */
export class Place implements AsyncDisposable {
  readonly #server: Server;
  readonly #clients: RedisClient[] = [];
  readonly #catalogues: Catalogue[] = [];
  readonly namespace: string = randomUUID();

  constructor(server: Server) {
    this.#server = server;
  }

  /** A process that has not looked at the catalogue yet. */
  async connect(schema?: IdentitySchema): Promise<Process> {
    const { host, port } = this.#server;
    const client = redisClient({ host, port });
    await client.open(CALL);
    this.#clients.push(client);
    const keys = registryKeys(PREFIX, this.namespace);
    const store: IndexStore = { client, keys, indexKey: (position) => indexKey(PREFIX, this.namespace, position) };
    const catalogue = new Catalogue(store, schema);
    this.#catalogues.push(catalogue);
    return {
      client,
      store,
      catalogue,
      forgetIndexes: async () => {
        const lost = [keys.catalogue, keys.values, ...catalogue.indexKeys];
        await client.run(forgetScript, lost, [], CALL);
      },
      put: async (records) => put(store, catalogue, records),
      async candidates(filter, { after, pageSize = 100 } = {}) {
        const pages = await candidatePages({ client, keys, catalogue }, filter, { after, pageSize }, CALL);
        if (pages === undefined) return undefined;
        const all: string[] = [];
        for await (const page of pages) all.push(...page);
        return all;
      },
    };
  }

  async open(schema?: IdentitySchema): Promise<Process> {
    const process = await this.connect(schema);
    await process.catalogue.reload(CALL);
    return process;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const catalogue of this.#catalogues) catalogue.close();
    for (const client of this.#clients) client.close();
  }
}

async function put(
  { client, keys }: IndexStore,
  catalogue: Catalogue,
  records: Readonly<Record<string, Metadata | undefined>>,
): Promise<void> {
  const all = Object.entries(records);
  for (let from = 0; from < all.length; from += 250) {
    const some = all.slice(from, from + 250);
    while (true) {
      const { version, indexKeys, entriesOf } = catalogue.current;
      const entries = some.flatMap(([identity, metadata]) =>
        metadata === undefined ? [identity, "", ""] : [identity, JSON.stringify(metadata), entriesOf(metadata)],
      );
      const reply = await client.run(putScript, writeKeys(keys, indexKeys), [version, ...entries], CALL);
      if (reply !== STALE_CATALOGUE) break;
      await catalogue.reload(CALL);
    }
  }
}

/** Until all indexes of the catalogue are ready, as the process learns of it. */
export async function untilReady({ catalogue }: Process): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (true) {
    await catalogue.reload(CALL);
    if (catalogue.current.fields.every(({ isReady }) => isReady)) return;
    if (performance.now() > deadline) throw new Error("the indexes have not become ready");
    await setTimeout(5);
  }
}

/** One in ten is rare. */
export function crowd(count: number, from = 0): Readonly<Record<string, Metadata>> {
  const entries = Array.from({ length: count }, (_, i) => {
    const number = from + i;
    return [`id-${String(number).padStart(6, "0")}`, { kind: number % 10 === 0 ? "rare" : "common", number }] as const;
  });
  return Object.fromEntries(entries);
}

export function rareOf(records: Readonly<Record<string, Metadata>>): readonly string[] {
  return Object.keys(records).filter((identity) => records[identity]?.["kind"] === "rare");
}

/** Asserts that these are the candidates. */
export async function expectRare(process: Process, expected: readonly string[], filter: Filter = RARE): Promise<void> {
  expect(await process.candidates(filter)).toEqual(expected);
}
