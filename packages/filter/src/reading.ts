import type { FieldLeaf, JsonObject, JsonValue } from "./ast.ts";
import type { Test } from "./combine.ts";
import { isObject } from "./json.ts";
import type { ByKey, MemberTest } from "./operators/check.ts";
import { readPath } from "./paths.ts";

type Path = FieldLeaf["path"];

/**
 * Asks an operation of the member a path leads to, by plain property reads. Metadata is JSON, so that reading an inherited
 * member does nothing; but what passes may be one, or an array's, until {@link isOwn} has looked.
 */
export function passesAt(path: Path, operation: ByKey): Test {
  const [first, second, ...rest] = path;
  if (second === undefined) return operation(first);
  if (rest.length > 0) return passesDeep(path, operation);
  const test = operation(second);
  return (metadata) => {
    const inner = metadata[first];
    return hasMembers(inner) && test(inner);
  };
}

/** Whether the path leads through own keys of objects, never into an array. */
export function isOwn(path: Path): Test {
  const [first, second, ...rest] = path;
  if (second === undefined) return (metadata) => Object.hasOwn(metadata, first);
  if (rest.length > 0) return (metadata) => readPath(metadata, path) !== undefined;
  return (metadata) => {
    const inner = metadata[first];
    return isObject(inner) && Object.hasOwn(inner, second) && Object.hasOwn(metadata, first);
  };
}

function passesDeep(path: Path, operation: ByKey): MemberTest {
  const parents = path.slice(0, -1);
  const test = operation(path.at(-1) ?? path[0]);
  return (metadata) => {
    let object = metadata;
    for (const segment of parents) {
      const inner = object[segment];
      if (!hasMembers(inner)) return false;
      object = inner;
    }
    return test(object);
  };
}

/** Objects, and arrays too: which of the two is asked later, of the few that pass. */
function hasMembers(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null;
}
