/** What the memory registry selects by itself, and which records it looks at to do so. */

import { compareStrings, type Filter, type Leaf, regexPrefix, type SplitFilter, splitFilter } from "@muster/filter";
import type { Records, StoredRecord } from "./records.ts";
import { type Span, spansOf } from "./spans.ts";

/** Looking up more than this share of all records is slower than reading them in order. */
const MAX_INDEXED_SHARE = 0.2;

/**
 * Everything but `regex` and `$attached`. Of an anchored pattern the literal prefix is native: it narrows the candidates
 * and leaves the pattern to core.
 */
export function splitForMemory(filter: Filter): SplitFilter {
  return splitFilter(filter, canSelect);
}

/**
 * The records that can match, in order of identity: every one that does is among them. `undefined`: no index tells them
 * apart well enough, read all.
 */
export function candidates(records: Records, filter: Filter): readonly StoredRecord[] | undefined {
  const spans = smallestSpans(records, filter);
  if (spans === undefined || totalSize(spans) > records.ordered.size * MAX_INDEXED_SHARE) return undefined;
  const found = new Set(spans.flatMap((span) => span.records()));
  return [...found].sort((a, b) => compareStrings(a.identity, b.identity));
}

function canSelect(leaf: Leaf): boolean | Filter {
  if ("about" in leaf) return leaf.about !== "attached";
  if (leaf.op !== "regex") return true;
  const prefix = typeof leaf.value === "string" ? regexPrefix(leaf.value) : undefined;
  return prefix === undefined ? false : { op: "startswith", path: leaf.path, value: prefix };
}

function smallestSpans(records: Records, filter: Filter): readonly Span[] | undefined {
  switch (filter.op) {
    case "and": {
      const choices = filter.nodes.flatMap((node) => {
        const spans = smallestSpans(records, node);
        return spans === undefined ? [] : [{ spans, size: totalSize(spans) }];
      });
      return choices.reduce((best, choice) => (choice.size < best.size ? choice : best), choices[0] ?? NO_CHOICE).spans;
    }
    case "or": {
      const parts = filter.nodes.map((node) => smallestSpans(records, node));
      return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
    }
    case "not":
      return undefined;
    default:
      return leafSpans(records, filter);
  }
}

const NO_CHOICE: { readonly spans: readonly Span[] | undefined; readonly size: number } = {
  spans: undefined,
  size: Number.POSITIVE_INFINITY,
};

function leafSpans(records: Records, leaf: Leaf): readonly Span[] | undefined {
  if ("about" in leaf) return leaf.about === "identity" ? identitySpans(records, leaf) : undefined;
  for (const index of records.indexes) {
    if (isSamePath(index.path, leaf.path)) return index.spans(leaf);
  }
  return undefined;
}

function identitySpans({ ordered }: Records, leaf: Leaf): readonly Span[] | undefined {
  return spansOf(leaf.op, leaf.value)?.map(({ isBelow, isUpTo }) => {
    const isBefore = ({ identity }: StoredRecord): boolean => isBelow(identity);
    const size = Math.max(0, ordered.rank(({ identity }) => isUpTo(identity)) - ordered.rank(isBefore));
    return { size, records: () => ordered.take(isBefore, size) };
  });
}

function totalSize(spans: readonly Span[]): number {
  return spans.reduce((sum, span) => sum + span.size, 0);
}

function isSamePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((segment, i) => segment === b[i]);
}
