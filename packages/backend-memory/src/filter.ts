/** Which identities the memory registry looks at to select by a filter. */

import { compareStrings, type Filter, type Leaf } from "@muster/filter";
import type { Index, Span } from "./indexes.ts";
import type { Records } from "./records.ts";
import { intersect, type Stretch, stretchesOf } from "./stretches.ts";

/** Looking up and sorting a larger share of all registrations is slower than reading them in order. */
const MAX_SHARE = 0.05;
/** Sorting more takes longer than anyone should have to wait for his turn. */
const MAX_CANDIDATES = 20_000;

/**
 * The identities that can match, in order: every one that does is among them. `undefined`: no index tells them apart well
 * enough, read all.
 */
export function candidates(records: Records, filter: Filter): readonly string[] | undefined {
  const choice = smallestChoice(records, filter);
  if (choice === undefined || !isWorthListing(records, choice.size)) return undefined;
  const found = new Set(choice.spans.flatMap((span) => span.identities()));
  return [...found].sort(compareStrings);
}

/** Whether so many identities are better looked up and sorted than found by reading all in order. */
export function isWorthListing({ ordered }: Records, size: number): boolean {
  return size <= Math.min(ordered.size * MAX_SHARE, MAX_CANDIDATES);
}

/** Spans that hold all that a filter selects, and how much they hold. */
interface Choice {
  readonly spans: readonly Span[];
  readonly size: number;
}

/** What one index is asked for. */
interface Lookup {
  readonly index: Index;
  readonly stretches: readonly Stretch[];
}

function smallestChoice(records: Records, filter: Filter): Choice | undefined {
  switch (filter.op) {
    case "and":
      return smallest(records, filter.nodes);
    case "or": {
      const choices = filter.nodes.flatMap((node) => smallestChoice(records, node) ?? []);
      return choices.length === filter.nodes.length ? choiceOf(choices.flatMap(({ spans }) => spans)) : undefined;
    }
    case "not":
      return undefined;
    default:
      return choose(lookupOf(records, filter));
  }
}

/** Any one child will do, for all of them must hold; comparisons with the same field count as one. */
function smallest(records: Records, nodes: readonly Filter[]): Choice | undefined {
  const stretches = new Map<Index, readonly Stretch[]>();
  const choices: (Choice | undefined)[] = [];
  for (const node of nodes) {
    if (node.op === "and" || node.op === "or" || node.op === "not") choices.push(smallestChoice(records, node));
    else narrow(stretches, lookupOf(records, node));
  }
  for (const [index, narrowed] of stretches) choices.push(choose({ index, stretches: narrowed }));
  return choices.reduce(
    (best, choice) => (best === undefined || (choice && choice.size < best.size) ? choice : best),
    undefined,
  );
}

function narrow(stretches: Map<Index, readonly Stretch[]>, lookup: Lookup | undefined): void {
  if (lookup === undefined) return;
  const known = stretches.get(lookup.index);
  stretches.set(lookup.index, known === undefined ? lookup.stretches : intersect(known, lookup.stretches));
}

function lookupOf(records: Records, leaf: Leaf): Lookup | undefined {
  const index = indexFor(records, leaf);
  const stretches = stretchesOf(leaf.op, leaf.value);
  return index === undefined || stretches === undefined ? undefined : { index, stretches };
}

function indexFor(records: Records, leaf: Leaf): Index | undefined {
  if ("about" in leaf) return leaf.about === "identity" ? records.identities : undefined;
  // Versions that are equal may be written differently.
  if (leaf.as === "semver") return undefined;
  for (const index of records.fieldIndexes) if (isSamePath(index.path, leaf.path)) return index;
  return undefined;
}

function choose(lookup: Lookup | undefined): Choice | undefined {
  return lookup && choiceOf(lookup.stretches.map((stretch) => lookup.index.span(stretch)));
}

function choiceOf(spans: readonly Span[]): Choice {
  return { spans, size: spans.reduce((sum, { size }) => sum + size, 0) };
}

function isSamePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((segment, i) => segment === b[i]);
}
