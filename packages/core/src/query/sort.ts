/** Order by fields of the metadata, or by facts about the registration. */

import {
  compareStrings,
  compareValues,
  FilterError,
  formatPath,
  type JsonValue,
  parsePath,
  readPath,
} from "@muster/filter";
import { invalidArgument } from "../call.ts";
import type { Found } from "./selection.ts";

/** One criterion of a `sortBy`. */
export interface SortKey {
  /** Its one spelling, whatever the caller wrote, and nobody else's: `"x desc"` may be the name of a field. */
  readonly text: string;
  readonly isDescending: boolean;
  /** Otherwise a fact that every route has. */
  readonly needsMetadata: boolean;
  read(found: Found): JsonValue | undefined;
}

/** Where something stands in an order; `undefined` among the values is a field that is absent. */
export interface Position {
  readonly values: readonly (JsonValue | undefined)[];
  readonly identity: string;
}

const DIRECTION = / (?:asc|desc)$/;
const MAX_CRITERIA = 16;

/**
 * Reads `"f"`, `"f desc"`, `"metadata.f desc"` (the RFC's spelling of the same), `"$registeredAt"` and `"$identity"`.
 *
 * No criteria mean the order of identities, and so does whatever begins with `$identity` ascending.
 *
 * @throws INVALID_ARGUMENT
 */
export function parseSortBy(sortBy: readonly string[], source: string): readonly SortKey[] {
  if (!Array.isArray(sortBy) || sortBy.length > MAX_CRITERIA || !sortBy.every((text) => typeof text === "string")) {
    throw invalidArgument(source, `sortBy is an array of at most ${MAX_CRITERIA} strings, such as ["battery desc"]`);
  }
  const keys = sortBy.map((text) => parseCriterion(text, source));
  return keys[0]?.text === "$identity asc" ? [] : keys;
}

/** Where a registration stands by these criteria. */
export function positionOf(found: Found, keys: readonly SortKey[]): Position {
  return { values: keys.map((key) => key.read(found)), identity: found.identity };
}

/** Absent values come last whether ascending or not; ties are broken by identity, ascending. */
export function comparePositions(keys: readonly SortKey[], a: Position, b: Position): number {
  for (const [index, { isDescending }] of keys.entries()) {
    const [x, y] = [a.values[index], b.values[index]];
    if (x === undefined || y === undefined) {
      if (x !== y) return x === undefined ? 1 : -1;
      continue;
    }
    const order = compareValues(x, y);
    if (order !== 0) return isDescending ? -order : order;
  }
  return compareStrings(a.identity, b.identity);
}

function parseCriterion(text: string, source: string): SortKey {
  const [direction] = DIRECTION.exec(text) ?? [];
  const isDescending = direction === " desc";
  const field = direction === undefined ? text : trimSpaces(text.slice(0, -direction.length));
  const keyOf = (name: string, needsMetadata: boolean, read: SortKey["read"]): SortKey => {
    return { text: `${name} ${isDescending ? "desc" : "asc"}`, isDescending, needsMetadata, read };
  };
  if (field === "$identity") return keyOf("$identity", false, ({ identity }) => identity);
  if (field === "$registeredAt") return keyOf("$registeredAt", false, ({ registeredAt }) => registeredAt);
  const path = parseField(field.replace(/^metadata\.(?=.)/su, ""), source);
  return keyOf(formatPath(path), true, ({ metadata = {} }) => readPath(metadata, path));
}

/** Only at the end, and only spaces: a pattern for that would take quadratic time on a text full of them. */
function trimSpaces(text: string): string {
  let end = text.length;
  while (text[end - 1] === " ") end -= 1;
  return text.slice(0, end);
}

function parseField(field: string, source: string): readonly string[] {
  try {
    return parsePath(field);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw invalidArgument(source, `sortBy: ${error.message}`, field);
  }
}
