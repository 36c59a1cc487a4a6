import type { JsonValue, Metadata } from "./ast.ts";
import { invalidFilter, show } from "./errors.ts";
import { isObject, isStorableText } from "./json.ts";

/** Segments of a field key, outermost first. */
export type Path = readonly [string, ...string[]];

/**
 * Reads a dotted field key: `location.city` is `["location", "city"]`. A backslash makes the next `.`, `\` or leading `$`
 * part of the name: `a\.b`, `\$x`. Every path has exactly one spelling, the one {@link formatPath} gives.
 *
 * @throws FilterError INVALID_FILTER for empty segments, an unescaped leading `$`, stray backslashes, NUL and lone
 * surrogates.
 */
export function parsePath(key: string, at = ""): Path {
  if (!isStorableText(key)) throw invalidFilter(at, "a field key holds no NUL and no lone surrogates");
  const segments: string[] = [];
  let segment = "";
  let empty = true;
  for (let i = 0; i < key.length; i++) {
    let char = key.charAt(i);
    if (char === ".") {
      segments.push(segment);
      if (empty) break;
      segment = "";
      empty = true;
      continue;
    }
    if (char === "\\") {
      char = key.charAt(++i);
      const known = char === "." || char === "\\" || (char === "$" && empty);
      if (!known) throw invalidFilter(at, `in ${show(key)} a backslash stands only before ".", "\\" or a leading "$"`);
    } else if (char === "$" && empty) {
      throw invalidFilter(
        at,
        `no segment of ${show(key)} begins with "$" unless escaped: write "\\\\${key.slice(i, i + 20)}"`,
      );
    }
    segment += char;
    empty = false;
  }
  if (empty) throw invalidFilter(at, `${show(key)} has an empty segment; a literal dot is written "\\\\."`);
  const [first = segment, ...rest] = segments;
  return segments.length === 0 ? [segment] : [first, ...rest, segment];
}

/** The one spelling of a path as a field key; `parsePath(formatPath(path))` is the path. */
export function formatPath(path: readonly string[]): string {
  return path.map((segment) => segment.replaceAll(/[\\.]|^\$/g, "\\$&")).join(".");
}

/** The value at `path`, through own keys of nested objects and never into arrays; `undefined` where there is none. */
export function readPath(metadata: Metadata, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = metadata;
  for (const segment of path) {
    if (!isObject(value) || !Object.hasOwn(value, segment)) return undefined;
    value = value[segment];
  }
  return value;
}
