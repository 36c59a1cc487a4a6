/** Filters over what the mirror holds: the evaluator's own, all of them, so that nothing is left for core. */

import { compileFilter, type Filter, textTest } from "@muster/filter";
import type { Entry } from "./mirror/entry.ts";
import { parseMetadata } from "./store/record.ts";

export type Selector = (entry: Pick<Entry, "identity" | "registeredAt" | "metadata">) => boolean;

/**
 * Tells what `filter`, which asks nothing about `$attached`, selects; without one, everything. Most metadata is ruled out
 * by its text, before it is parsed.
 */
export function selectorOf(filter: Filter | undefined): Selector {
  if (filter === undefined) return () => true;
  const test = compileFilter(filter);
  const mayMatch = textTest(filter) ?? (() => true);
  return ({ identity, registeredAt, metadata }) =>
    mayMatch(metadata) && test(parseMetadata(metadata), { identity, registeredAt, attached: false });
}
