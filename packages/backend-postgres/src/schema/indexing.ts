/** Indexes of fields that schemas mark: made in the background, one at a time in all processes, and asked once they are there. */

import type { FieldSchema, IdentitySchema } from "@muster/core/slots";
import type { Path } from "@muster/filter";
import type { PostgresCall, PostgresClient, Run } from "../client.ts";
import { type IndexKind, indexName, literal, lockKey, type Names, quoted } from "../keys.ts";
import { numberOf, pointOf, valueAt, wordOf } from "../selection/values.ts";
import type { FieldIndexes } from "../selection/writing.ts";

interface FieldIndex {
  readonly kind: IndexKind;
  readonly path: Path;
  readonly name: string;
}

/**
 * A filter is answered the same with and without them. Whether the server asks an index that is still being made is its
 * business: it does not.
 */
export class Indexing implements FieldIndexes {
  readonly #client: PostgresClient;
  readonly #indexes: ReadonlyMap<string, FieldIndex>;
  readonly #stopping = new AbortController();

  constructor(client: PostgresClient, schema: IdentitySchema | undefined) {
    const fields = Object.values(schema?.fields ?? {}).filter(({ index }) => index !== false);
    this.#client = client;
    this.#indexes = new Map(fields.flatMap(indexesOf).map((index) => [keyOf(index.kind, index.path), index]));
  }

  has(kind: IndexKind, path: Path): boolean {
    return this.#indexes.size > 0 && this.#indexes.has(keyOf(kind, path));
  }

  /** Makes what is missing, without anybody waiting for it. */
  start(): void {
    if (this.#indexes.size === 0 || !this.#client.mayMigrate) return;
    const call = { signal: this.#stopping.signal, operation: "index" };
    // What can't be made now, whoever is in the way, is made when the next process opens: till then filters only take longer.
    this.#make(call).catch(() => undefined);
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #make(call: PostgresCall): Promise<void> {
    const { names } = this.#client;
    await this.#client.connected(call, async (run) => {
      if ((await missing(run, names, this.#indexes)).length === 0) return;
      const lock = lockKey("indexes", names.schemaName);
      // Whoever waited for it would be waited for by what he waits for.
      const [[isMine = null] = []] = await run(`select pg_try_advisory_lock(${lock})`);
      if (isMine !== "t") return;
      try {
        for (const index of await missing(run, names, this.#indexes)) await build(run, names, index);
        await run(`analyze ${names.metadata}`); // Till then the server does not know what values there are.
      } finally {
        await run(`select pg_advisory_unlock(${lock})`);
      }
    });
  }
}

/** Those of the schema that are not there, or that somebody has left unfinished. */
async function missing(
  run: Run,
  { schema }: Names,
  wanted: ReadonlyMap<string, FieldIndex>,
): Promise<readonly FieldIndex[]> {
  const rows = await run(`select c.relname from pg_class c join pg_index i on i.indexrelid = c.oid
    where c.relnamespace = to_regnamespace(${literal(schema)}) and i.indisvalid`);
  const there = new Set(rows.map(([name]) => name));
  return [...wanted.values()].filter(({ name }) => !there.has(name));
}

/** Without keeping anybody from writing. */
async function build(run: Run, names: Names, { kind, path, name }: FieldIndex): Promise<void> {
  const value = valueAt(
    path.map((segment) => literal(segment)),
    "",
  );
  await run(`drop index concurrently if exists ${names.call(name)}`);
  await run(`create index concurrently ${quoted(name)} on ${names.metadata} ${KEYS[kind](value, names)}`);
}

const KEYS: Readonly<Record<IndexKind, (value: string, names: Names) => string>> = {
  number: (value, names) => `(namespace, (${numberOf(value, names)}), identity)`,
  text: (value, names) => `(namespace, (${wordOf(value, names)}), identity)`,
  place: (value, names) => `using gist ((${pointOf(`${value} -> 'lat'`, `${value} -> 'lon'`, names, "")}))`,
};

/** What helps to find a value of that type; equality of everything is served by the index of all values. */
function indexesOf({ type, path, index }: FieldSchema): readonly FieldIndex[] {
  switch (type) {
    case "int":
    case "float":
      return [indexOf("number", path)];
    // Of an array: for texts that stand where one is expected.
    case "string":
    case "enum":
    case "timestamp":
    case "array":
      return [indexOf("text", path)];
    case "geo_point":
      return index === "gist"
        ? [indexOf("place", path)]
        : [indexOf("number", [...path, "lat"]), indexOf("number", [...path, "lon"])];
    default:
      return [];
  }
}

function indexOf(kind: IndexKind, path: Path): FieldIndex {
  return { kind, path, name: indexName(kind, path) };
}

function keyOf(kind: IndexKind, path: Path): string {
  return `${kind} ${JSON.stringify(path)}`;
}
