import { type FieldLeaf, isObject, type JsonValue, type Metadata, readPath } from "@muster/filter";
import type { Mutant } from "../../mutant.ts";
import { evaluatorMutant } from "./selecting.ts";

export const fieldMutants: readonly Mutant[] = [
  evaluatorMutant(
    {
      id: "filter-dots-flattened",
      breaks: "A key with a dot in it is read as a path.",
      kills: ["registry/filters/corpus-paths", "registry/filters/hostile-keys", "registry/filters/differential"],
    },
    { metadata: nested },
  ),
  evaluatorMutant(
    {
      id: "filter-paths-enter-arrays",
      breaks: "A path goes on into the elements of an array.",
      kills: ["registry/filters/corpus-paths"],
    },
    { metadata: (metadata) => entered(metadata) as Metadata }, // An object stays one.
  ),
  evaluatorMutant(
    {
      id: "filter-nothing-lies-below-scalars",
      breaks: "A path that ends below a scalar is neither present nor absent.",
      kills: ["registry/filters/corpus-logic"],
    },
    {
      leaf: (leaf) => {
        if (leaf.op !== "exists" || leaf.value !== false || !("path" in leaf)) return undefined;
        const { path } = leaf;
        return (metadata) => hasParent(metadata, path) && readPath(metadata, path) === undefined;
      },
    },
  ),
  evaluatorMutant(
    {
      id: "filter-null-is-absent",
      breaks: "A field that holds null does not exist.",
      kills: ["registry/filters/corpus-spellings", "registry/filters/corpus-logic"],
    },
    {
      leaf: (leaf) => {
        if (leaf.op !== "exists" || !("path" in leaf)) return undefined;
        const { path, value } = leaf;
        return (metadata) => ((readPath(metadata, path) ?? null) !== null) === value;
      },
    },
  ),
  evaluatorMutant(
    {
      id: "filter-keys-fold-case",
      breaks: "Fields are found without regard to the case of their names.",
      kills: ["registry/filters/hostile-keys"],
    },
    {
      leaf: (leaf) => ("path" in leaf ? { ...leaf, path: lower(leaf.path) } : undefined),
      metadata: (metadata) => renamed(metadata, (key) => key.toLowerCase()) as Metadata,
    },
  ),
];

function nested(metadata: Metadata): Metadata {
  const members: [string, JsonValue][] = Object.entries(metadata).map(([key, member]) => {
    const [first = key, ...rest] = key.split(".");
    return [first, rest.reduceRight<JsonValue>((inner, segment) => ({ [segment]: inner }), member)];
  });
  return Object.fromEntries(members);
}

/** Every array of objects as an object with the members of the first. */
function entered(value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    const found = value.find((one: JsonValue) => isObject(one));
    return found === undefined ? Object.fromEntries(Object.entries(value)) : entered(found);
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, entered(member)]));
}

function hasParent(metadata: Metadata, path: FieldLeaf["path"]): boolean {
  const [first, ...rest] = path.slice(0, -1);
  if (first === undefined) return true;
  const parent = readPath(metadata, [first, ...rest]);
  return parent === undefined || isObject(parent);
}

function lower([first, ...rest]: FieldLeaf["path"]): FieldLeaf["path"] {
  return [first.toLowerCase(), ...rest.map((segment) => segment.toLowerCase())];
}

function renamed(value: JsonValue, rename: (key: string) => string): JsonValue {
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([key, member]): [string, JsonValue] => [
    rename(key),
    renamed(member, rename),
  ]);
  return Object.fromEntries(members);
}
