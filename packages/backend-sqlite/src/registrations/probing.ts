/** Which index of a field is worth to be asked. SQLite does not know what lies in the file, and would only guess. */

import type { FieldLeaf, Filter } from "@muster/filter";
import { indexName } from "../keys.ts";
import { comparison, factAt } from "../selection/comparisons.ts";
import { Parameters } from "../selection/parameters.ts";
import type { Store } from "../store/store.ts";

/** More candidates than that are better found in the order of their identities, for each page would sort all of them. */
const MAX_CANDIDATES = 2_000;

/** What finds them in one stretch of an index, or a few. */
const BY_INDEX: ReadonlySet<string> = new Set(["eq", "in", "lt", "lte", "gt", "gte", "startswith"]);

/**
 * The index with the fewest candidates, of all that hold wherever the filter holds; `undefined`: there is none, or there are
 * too many in each. To be asked in the same transaction that uses it.
 */
export function narrowestIndex(store: Store, namespace: string, filter: Filter): string | undefined {
  let narrowest: string | undefined;
  let fewest = MAX_CANDIDATES + 1;
  for (const leaf of necessaryLeaves(filter)) {
    const name = indexName(factAt(leaf.path, ""));
    if (!isThere(store, name)) continue;
    const candidates = countCandidates(store, namespace, leaf, fewest);
    if (candidates >= fewest) continue;
    fewest = candidates;
    narrowest = name;
  }
  return narrowest;
}

function necessaryLeaves(filter: Filter): readonly FieldLeaf[] {
  const nodes = filter.op === "and" ? filter.nodes : [filter];
  return nodes.flatMap((node) => ("path" in node && BY_INDEX.has(node.op) ? [node] : []));
}

function isThere(store: Store, name: string): boolean {
  return store.get("select 1 from sqlite_schema where type = 'index' and name = ?", [name]) !== undefined;
}

/** At most `most`. */
function countCandidates(store: Store, namespace: string, leaf: FieldLeaf, most: number): number {
  const parameters = new Parameters();
  const where = `m.namespace = ${parameters.add(namespace)} and ${comparison(leaf, parameters)}`;
  const some = `select 1 from muster_metadata m where ${where} limit ${parameters.add(most)}`;
  return Number(store.get(`select count(*) from (${some})`, parameters.values)?.[0] ?? 0);
}
