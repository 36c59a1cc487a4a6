/** Indexes of fields that schemas mark. A filter is answered the same with and without them. */

import type { FieldSchema, IdentitySchema } from "@muster/core/slots";
import type { Path } from "@muster/filter";
import { indexName } from "../keys.ts";
import { factAt } from "../selection/comparisons.ts";
import type { Store } from "../store/store.ts";

export interface IndexArgs {
  readonly paths: readonly Path[];
}

/** Whether all of them are there. */
export function areIndexed(store: Store, { paths }: IndexArgs): boolean {
  const there = new Set(store.all("select name from sqlite_schema where type = 'index'").map(([name]) => name));
  return paths.every((path) => there.has(indexName(factAt(path, ""))));
}

/** Makes those that are missing. They are of all namespaces, and of identities in their order. */
export function makeIndexes(store: Store, { paths }: IndexArgs): void {
  for (const path of paths) {
    const fact = factAt(path, "");
    store.execute(`create index if not exists ${indexName(fact)} on muster_metadata (namespace, ${fact}, identity)`);
  }
}

/** What is worth an index: whatever is compared as a whole, or begins in a certain way. */
export function indexedPaths(schema: IdentitySchema | undefined): readonly Path[] {
  return Object.values(schema?.fields ?? {})
    .filter(({ index }) => index !== false)
    .flatMap(pathsOf);
}

function pathsOf({ type, path: [first, ...rest] }: FieldSchema): readonly Path[] {
  if (type === "array" || type === "object") return [];
  if (type !== "geo_point") return [[first, ...rest]];
  return [
    [first, ...rest, "lat"],
    [first, ...rest, "lon"],
  ];
}
