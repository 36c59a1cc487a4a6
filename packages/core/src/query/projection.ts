/** The part of the metadata somebody asked for. */

import { FilterError, isObject, type JsonObject, type JsonValue, type Metadata, parsePath } from "@muster/filter";
import { invalidArgument } from "../call.ts";

export type Projection = (metadata: Metadata) => Metadata;

/** Keys to keep; an empty tree keeps the whole value. */
type KeyTree = Map<string, KeyTree>;

/**
 * Keeps only the values at these dotted paths, in objects like those they came from. A path that leads nowhere adds
 * nothing; one within another adds nothing to it.
 *
 * @throws INVALID_ARGUMENT
 */
export function projectionOf(paths: readonly string[], source: string): Projection {
  if (!Array.isArray(paths) || paths.length === 0 || !paths.every((path) => typeof path === "string")) {
    throw invalidArgument(source, 'projection is a non-empty array of field paths, such as ["location.city"]');
  }
  const tree: KeyTree = new Map();
  // Shorter paths first: what lies within one of them is there already.
  for (const path of paths.map((text) => parseField(text, source)).toSorted((a, b) => a.length - b.length))
    keep(tree, path);
  return (metadata) => pick(metadata, tree);
}

function keep(tree: KeyTree, path: readonly string[]): void {
  let node = tree;
  for (const [index, key] of path.entries()) {
    const below = node.get(key);
    if (below?.size === 0) return;
    const next: KeyTree = below ?? new Map();
    node.set(key, next);
    node = next;
    if (index === path.length - 1) return;
  }
}

function pick(value: JsonObject, tree: KeyTree): JsonObject {
  const entries: [string, JsonValue][] = [];
  for (const [key, below] of tree) {
    const member = Object.hasOwn(value, key) ? value[key] : undefined;
    if (member === undefined) continue;
    if (below.size === 0) entries.push([key, member]);
    else if (isObject(member)) {
      const part = pick(member, below);
      if (Object.keys(part).length > 0) entries.push([key, part]);
    }
  }
  return Object.fromEntries(entries); // Makes own members of `__proto__` and the like.
}

function parseField(text: string, source: string): readonly string[] {
  try {
    return parsePath(text);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw invalidArgument(source, `projection: ${error.message}`, text);
  }
}
