import type { FilterFacet } from "@muster/core/slots";
import type { JsonValue, Leaf, Operator } from "@muster/filter";

/**
 * How much of an operator a registry does itself. `exact`: all of it; `candidates`: it narrows down, or does it for some
 * operands only; `core`: nothing, every candidate is read and tested.
 */
export type Nativeness = "exact" | "candidates" | "core";

export type NativeOperators = Readonly<Record<Operator | "$identity" | "$registeredAt", Nativeness>>;

const TEXT_AND_NUMBER = ["green", 7];
const EVERYTHING = [...TEXT_AND_NUMBER, true, null, ["a"], { a: 1 }];

const OPERANDS_TO_TRY: Readonly<Record<Operator, readonly JsonValue[]>> = {
  eq: EVERYTHING,
  ne: EVERYTHING,
  lt: TEXT_AND_NUMBER,
  lte: TEXT_AND_NUMBER,
  gt: TEXT_AND_NUMBER,
  gte: TEXT_AND_NUMBER,
  in: [EVERYTHING, ["a", "b"]],
  nin: [EVERYTHING, ["a", "b"]],
  startswith: ["gre"],
  endswith: ["een"],
  contains: EVERYTHING,
  regex: ["^gr.*n$"],
  exists: [true, false],
  type: ["string", "number", "boolean", "array", "object", "null"],
  near: [{ lat: 48, lon: 11, radiusM: 1_000 }],
  within: [{ south: 47, west: 10, north: 49, east: 12 }],
};

const ABOUT_IDENTITY: readonly Leaf[] = [
  { op: "eq", about: "identity", value: "a" },
  { op: "startswith", about: "identity", value: "a" },
  { op: "gt", about: "identity", value: "a" },
];

/** Asks the facet how it would split a comparison of each kind; touches no store. */
export function nativeOperators(facet: FilterFacet): NativeOperators {
  const fields = (op: Operator): Nativeness =>
    nativeness(
      facet,
      OPERANDS_TO_TRY[op].map((value) => ({ op, path: ["field"], value })),
    );
  return {
    eq: fields("eq"),
    ne: fields("ne"),
    lt: fields("lt"),
    lte: fields("lte"),
    gt: fields("gt"),
    gte: fields("gte"),
    in: fields("in"),
    nin: fields("nin"),
    startswith: fields("startswith"),
    endswith: fields("endswith"),
    contains: fields("contains"),
    regex: fields("regex"),
    exists: fields("exists"),
    type: fields("type"),
    near: fields("near"),
    within: fields("within"),
    $identity: nativeness(facet, ABOUT_IDENTITY),
    $registeredAt: nativeness(facet, [{ op: "gt", about: "registeredAt", value: 1 }]),
  };
}

function nativeness(facet: FilterFacet, leaves: readonly Leaf[]): Nativeness {
  const splits = leaves.map((leaf) => splitOf(facet, leaf));
  if (splits.every(({ residual }) => residual === undefined)) return "exact";
  return splits.some(({ native }) => native !== undefined) ? "candidates" : "core";
}

/** Whether splitting is total is for the cases to say. */
function splitOf(facet: FilterFacet, leaf: Leaf): ReturnType<FilterFacet["split"]> {
  try {
    return facet.split(leaf);
  } catch {
    return { residual: leaf };
  }
}
