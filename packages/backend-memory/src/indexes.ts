/** Find the records whose value, or whose identity, lies in given stretches. */

import { compareStrings, compareValues, type JsonPrimitive, type Metadata, type Path, readPath } from "@muster/filter";
import { type IsBefore, OrderedList } from "./ordered-list.ts";
import type { StoredRecord } from "./records.ts";
import type { Stretch } from "./stretches.ts";

/** What an index has in one stretch; how much that is, is known without looking at any of it. */
export interface Span {
  readonly size: number;
  readonly records: () => readonly StoredRecord[];
}

export interface RecordIndex {
  span(stretch: Stretch): Span;
}

interface Posting {
  readonly value: JsonPrimitive;
  readonly record: StoredRecord;
}

/**
 * All records with a primitive at `path`, ordered by value and then by identity: equality, ranges and prefixes are each
 * one stretch of it. Objects and arrays are not in it.
 */
export class FieldIndex implements RecordIndex {
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

  span({ isBelow, isUpTo }: Stretch): Span {
    const { size, items } = between(this.#postings, ({ value }) => isBelow(value), ({ value }) => isUpTo(value));
    return { size, records: () => items().map(({ record }) => record) };
  }
}

/** The list of all records, which is in order of identity, as an index. */
export class IdentityIndex implements RecordIndex {
  readonly #ordered: OrderedList<StoredRecord>;

  constructor(ordered: OrderedList<StoredRecord>) {
    this.#ordered = ordered;
  }

  span({ isBelow, isUpTo }: Stretch): Span {
    const { size, items } = between(this.#ordered, ({ identity }) => isBelow(identity), ({ identity }) => isUpTo(identity));
    return { size, records: items };
  }
}

function between<Item extends object>(
  list: OrderedList<Item>,
  isBelow: IsBefore<Item>,
  isUpTo: IsBefore<Item>,
): { readonly size: number; readonly items: () => readonly Item[] } {
  const size = Math.max(0, list.rank(isUpTo) - list.rank(isBelow));
  return { size, items: () => list.take(isBelow, size) };
}

function indexed(metadata: Metadata, path: Path): JsonPrimitive | undefined {
  const value = readPath(metadata, path);
  return typeof value === "object" && value !== null ? undefined : (value as JsonPrimitive | undefined); // Not an object.
}
