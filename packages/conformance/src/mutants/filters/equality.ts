import { deepEqual, isObject, type JsonValue, type Leaf, type Metadata } from "@muster/filter";
import type { Mutant } from "../../mutant.ts";
import { atPath, eachScalar, evaluatorMutant } from "./selecting.ts";

const MAX_VALUES = 100;

export const equalityMutants: readonly Mutant[] = [
  evaluatorMutant(
    {
      id: "filter-ne-includes-absent",
      breaks: "An absent field is unequal to everything.",
      kills: [
        "registry/filters/corpus-equality",
        "registry/filters/corpus-logic",
        "registry/filters/corpus-schema",
        "registry/filters/differential",
      ],
    },
    {
      leaf: (leaf) =>
        leaf.op === "ne"
          ? { op: "not", node: { ...leaf, op: "eq" } }
          : leaf.op === "nin"
            ? { op: "not", node: { ...leaf, op: "in" } }
            : undefined,
    },
  ),
  evaluatorMutant(
    {
      id: "filter-null-equals-absent",
      breaks: "A field that is absent equals null.",
      kills: ["registry/filters/corpus-spellings", "registry/filters/corpus-paths"],
    },
    {
      leaf: (leaf) =>
        leaf.op === "eq" && leaf.value === null && "path" in leaf
          ? { op: "or", nodes: [leaf, { op: "exists", path: leaf.path, value: false }] }
          : undefined,
    },
  ),
  evaluatorMutant(
    {
      id: "filter-equality-folds-case",
      breaks: "Strings are equal without regard to case.",
      kills: ["registry/filters/hostile-operands"],
    },
    {
      leaf: (leaf) => {
        const { value } = leaf;
        if (leaf.op !== "eq" || typeof value !== "string") return undefined;
        return atPath(leaf, (found) => typeof found === "string" && found.toLowerCase() === value.toLowerCase());
      },
    },
  ),
  evaluatorMutant(
    {
      id: "filter-arrays-equal-their-elements",
      breaks: "An array equals each of its elements, as in stores where fields have many values.",
      kills: ["registry/filters/corpus-equality", "registry/filters/differential"],
    },
    { leaf: enteringArrays },
  ),
  evaluatorMutant(
    {
      id: "filter-key-order-matters",
      breaks: "Objects are equal only with their keys in the same order.",
      kills: ["registry/filters/corpus-equality"],
    },
    {
      leaf: (leaf) =>
        leaf.op === "eq" && isObject(leaf.value)
          ? atPath(leaf, (found) => JSON.stringify(found) === JSON.stringify(leaf.value))
          : undefined,
    },
  ),
  evaluatorMutant(
    {
      id: "filter-contains-parts-of-elements",
      breaks: "An array contains what is part of one of its elements.",
      kills: ["registry/filters/corpus-equality"],
    },
    {
      leaf: (leaf) =>
        leaf.op === "contains" && isObject(leaf.value)
          ? atPath(leaf, (found) => Array.isArray(found) && found.some((one: JsonValue) => holdsPart(one, leaf.value)))
          : undefined,
    },
  ),
  evaluatorMutant(
    {
      id: "filter-numbers-of-15-digits",
      breaks: "Numbers are compared after they were written with 15 digits.",
      kills: [
        "registry/filters/corpus-equality",
        "registry/filters/corpus-order",
        "registry/filters/numbers-at-the-edges",
      ],
    },
    comparingNumbers((number) => Number(number.toPrecision(15))),
  ),
  evaluatorMutant(
    {
      id: "filter-numbers-of-32-bits",
      breaks: "Numbers are compared in single precision.",
      kills: [
        "registry/filters/corpus-equality",
        "registry/filters/corpus-order",
        "registry/filters/numbers-at-the-edges",
      ],
    },
    comparingNumbers(Math.fround),
  ),
  evaluatorMutant(
    {
      id: "filter-long-in-is-cut",
      breaks: `Of the values of an \`in\` only the first ${MAX_VALUES} are looked at.`,
      kills: ["registry/filters/corpus-limits"],
    },
    {
      leaf: (leaf) =>
        leaf.op === "in" && Array.isArray(leaf.value) ? { ...leaf, value: leaf.value.slice(0, MAX_VALUES) } : undefined,
    },
  ),
];

function enteringArrays(leaf: Leaf): ReturnType<typeof atPath> {
  const { op, value } = leaf;
  const wanted = op === "in" && Array.isArray(value) ? value : op === "eq" ? [value] : undefined;
  if (wanted === undefined) return undefined;
  return atPath(leaf, (found) => {
    const isWanted = (value: JsonValue): boolean => wanted.some((one: JsonValue) => deepEqual(one, value));
    return isWanted(found) || (Array.isArray(found) && found.some(isWanted));
  });
}

function holdsPart(whole: JsonValue, part: JsonValue): boolean {
  if (!isObject(whole) || !isObject(part)) return deepEqual(whole, part);
  return Object.entries(part).every(([key, member]) => {
    const other = whole[key];
    return other !== undefined && holdsPart(other, member);
  });
}

function comparingNumbers(round: (number: number) => number): Parameters<typeof evaluatorMutant>[1] {
  const rounded = (value: JsonValue): JsonValue =>
    eachScalar(value, (scalar) => (typeof scalar === "number" ? round(scalar) : scalar));
  return {
    leaf: (leaf) => (leaf.op === "near" || leaf.op === "within" ? undefined : { ...leaf, value: rounded(leaf.value) }),
    metadata: (metadata) => rounded(metadata) as Metadata, // An object stays one.
  };
}
