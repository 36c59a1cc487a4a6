/** Find the identities whose metadata has a value, or which themselves lie, in given stretches. */

import { type IsBefore, OrderedList, type Registration } from "@muster/core/slots";
import { compareStrings, compareValues, type JsonPrimitive, type Metadata, type Path, readPath } from "@muster/filter";
import type { Stretch } from "./stretches.ts";

/** What an index has in one stretch; how much that is, is known without looking at any of it. */
export interface Span {
  readonly size: number;
  readonly identities: () => readonly string[];
}

export interface Index {
  span(stretch: Stretch): Span;
}

interface Posting {
  readonly value: JsonPrimitive;
  readonly identity: string;
}

/**
 * All identities with a primitive at `path`, ordered by value and then by identity: equality, ranges and prefixes are each
 * one stretch of it. Objects and arrays are not in it.
 */
export class FieldIndex implements Index {
  readonly path: Path;
  readonly #postings = new OrderedList<Posting>(
    (a, b) => compareValues(a.value, b.value) || compareStrings(a.identity, b.identity),
  );

  constructor(path: Path) {
    this.path = path;
  }

  /** The metadata was `before` and is `after`; `undefined`: there is none. */
  update(identity: string, before: Metadata | undefined, after: Metadata | undefined): void {
    const old = before && indexed(before, this.path);
    const value = after && indexed(after, this.path);
    if (old === value) return;
    if (old !== undefined) this.#postings.delete({ value: old, identity });
    if (value !== undefined) this.#postings.add({ value, identity });
  }

  span({ isBelow, isUpTo }: Stretch): Span {
    const { size, items } = between(
      this.#postings,
      ({ value }) => isBelow(value),
      ({ value }) => isUpTo(value),
    );
    return { size, identities: () => items().map(({ identity }) => identity) };
  }
}

/** The list of all registrations, which is in order of identity, as an index. */
export class IdentityIndex implements Index {
  readonly #ordered: OrderedList<Registration>;

  constructor(ordered: OrderedList<Registration>) {
    this.#ordered = ordered;
  }

  span({ isBelow, isUpTo }: Stretch): Span {
    const { size, items } = between(
      this.#ordered,
      ({ identity }) => isBelow(identity),
      ({ identity }) => isUpTo(identity),
    );
    return { size, identities: () => items().map(({ identity }) => identity) };
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
  return typeof value === "object" && value !== null ? undefined : value;
}
