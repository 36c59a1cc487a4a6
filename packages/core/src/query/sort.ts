/** Reading `sortBy`. */

import { FilterError, formatPath, type Path, parsePath } from "@muster/filter";
import { invalidArgument } from "../call.ts";
import type { SortCriterion } from "../slots/index.ts";

/** One criterion of a `sortBy`. */
export type SortKey = SortCriterion & {
  /** Its one spelling, whatever the caller wrote, and nobody else's: `"x desc"` may be the name of a field. */
  readonly text: string;
};

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

/** Whether it looks at metadata; otherwise it is about a fact that every route has. */
export function readsField(key: SortKey): boolean {
  return "path" in key;
}

function parseCriterion(text: string, source: string): SortKey {
  const [direction] = DIRECTION.exec(text) ?? [];
  const isDescending = direction === " desc";
  const field = direction === undefined ? text : trimSpaces(text.slice(0, -direction.length));
  const spelt = (name: string): Pick<SortKey, "text" | "isDescending"> => {
    return { text: `${name} ${isDescending ? "desc" : "asc"}`, isDescending };
  };
  if (field === "$identity") return { about: "identity", ...spelt("$identity") };
  if (field === "$registeredAt") return { about: "registeredAt", ...spelt("$registeredAt") };
  const path = parseField(field.replace(/^metadata\.(?=.)/su, ""), source);
  return { path, ...spelt(formatPath(path)) };
}

/** Only at the end, and only spaces: a pattern for that would take quadratic time on a text full of them. */
function trimSpaces(text: string): string {
  let end = text.length;
  while (text[end - 1] === " ") end -= 1;
  return text.slice(0, end);
}

function parseField(field: string, source: string): Path {
  try {
    return parsePath(field);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw invalidArgument(source, `sortBy: ${error.message}`, field);
  }
}
