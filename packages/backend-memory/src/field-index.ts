/** Finds the records whose metadata has a value, or a value in a range, at one path. */

import { compareStrings, compareValues, type JsonPrimitive, type Leaf, type Metadata, type Path, readPath } from "@muster/filter";
import { type IsBefore, OrderedList } from "./ordered-list.ts";
import type { StoredRecord } from "./records.ts";
import { spansOf, type Span } from "./spans.ts";

interface Posting {
  readonly value: JsonPrimitive;
  readonly record: StoredRecord;
}

/**
 * All records with a primitive at `path`, ordered by value and then by identity: equality, ranges and prefixes are each
 * one stretch of it, whose length is known without walking it. Objects and arrays are not in it.
 */
export class FieldIndex {
  readonly path: Path;
  readonly #postings = new OrderedList<Posting>(
    (a, b) => compareValues(a.value, b.value) || compareStrings(a.record.identity, b.record.identity),
  );

  constructor(path: Path) {
    this.path = path;
  }

  /** The record's metadata was `before` and is `after`; `undefined`: it is not among the records. */
  update(record: StoredRecord, before: Metadata | undefined, after: Metadata | undefined): void {
    const old = before && indexed(before, this.path);
    const value = after && indexed(after, this.path);
    if (old === value) return;
    if (old !== undefined) this.#postings.delete({ value: old, record });
    if (value !== undefined) this.#postings.add({ value, record });
  }

  /** The stretches that hold every record for which `leaf` holds; `undefined`: it can't tell. */
  spans(leaf: Leaf): readonly Span[] | undefined {
    // Versions that are equal may be written differently.
    if (!("path" in leaf) || leaf.as === "semver") return undefined;
    return spansOf(leaf.op, leaf.value)?.map(({ isBelow, isUpTo }) => this.#span((posting) => isBelow(posting.value), (posting) => isUpTo(posting.value)));
  }

  #span(isBelow: IsBefore<Posting>, isUpTo: IsBefore<Posting>): Span {
    const size = Math.max(0, this.#postings.rank(isUpTo) - this.#postings.rank(isBelow));
    return { size, records: () => this.#postings.take(isBelow, size).map(({ record }) => record) };
  }
}

function indexed(metadata: Metadata, path: Path): JsonPrimitive | undefined {
  const value = readPath(metadata, path);
  return typeof value === "object" && value !== null ? undefined : (value as JsonPrimitive | undefined); // Not an object.
}
