import type { FilterFacet } from "@muster/core/slots";
import { type Filter, type Leaf, splitFilter } from "@muster/filter";
import { MusterError } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { evaluatorMutant, pushAll } from "./selecting.ts";

type Split = ReturnType<FilterFacet["split"]>;

export const splitMutants: readonly Mutant[] = [
  evaluatorMutant(
    {
      id: "filter-regex-native-with-dotall",
      breaks: "Regular expressions are native, of an engine whose dot matches newlines.",
      kills: ["registry/filters/corpus-text", "registry/filters/regex-is-never-native"],
    },
    {
      split: (native) => (asksForAttached(native) ? pushAll(native) : { native }),
      leaf: (leaf) =>
        leaf.op === "regex" ? { ...leaf, value: typeof leaf.value === "string" ? `(?s)${leaf.value}` : "" } : undefined,
    },
  ),
  evaluatorMutant(
    {
      id: "filter-attached-native",
      breaks: "The store answers whether a registration is attached, and doesn't know.",
      kills: ["registry/filters/attached-is-never-native", "registry/filters/differential"],
    },
    { split: (filter) => splitFilter(filter, () => true) },
  ),
  evaluatorMutant(
    {
      id: "filter-candidates-negated",
      breaks: "Under a negation candidates are selected by the negation of what widens them.",
      kills: ["registry/filters/split-keeps-the-meaning", "registry/filters/differential"],
    },
    { split: (filter) => (filter.op === "not" ? negated(filter.node, filter) : widened(filter)) },
  ),
  evaluatorMutant(
    {
      id: "filter-or-native-in-part",
      breaks: "Of a disjunction the alternatives that are native are selected, and no others.",
      kills: ["registry/filters/split-keeps-the-meaning", "registry/filters/differential"],
    },
    { split: inPart },
  ),
  evaluatorMutant(
    {
      id: "filter-split-loses-the-rest",
      breaks: "Where a filter has a native part, the residual part is lost.",
      kills: [
        "registry/filters/split-keeps-the-meaning",
        "registry/filters/corpus-text",
        "registry/filters/differential",
      ],
    },
    {
      split: (filter) => {
        const { native, residual } = withoutContains(filter);
        return native ? { native } : residual ? { residual } : {};
      },
    },
  ),
  {
    id: "filter-split-remembers",
    breaks: "A filter that is split again is left for core, in the belief that the store has dealt with it.",
    kills: ["registry/filters/split-is-pure"],
    of: (subject) => {
      const seen = new Set<string>();
      const split = (filter: Filter): Split => {
        const text = JSON.stringify(filter);
        if (seen.has(text)) return { residual: filter };
        seen.add(text);
        return pushAll(filter);
      };
      return evaluatorMutant({ id: "", breaks: "", kills: [""] }, { split }).of(subject);
    },
  },
  evaluatorMutant(
    {
      id: "filter-split-refuses-negations",
      breaks: "Splitting throws on negations that it knows no translation of.",
      kills: ["registry/filters/split-is-total", "registry/filters/corpus-logic", "registry/filters/differential"],
    },
    {
      split: (filter) => {
        if (filter.op !== "not") return pushAll(filter);
        throw new MusterError({
          code: "UNSUPPORTED",
          source: "mutant.split",
          message: "no negations",
          detail: { feature: "not" },
        });
      },
    },
  ),
  evaluatorMutant(
    {
      id: "filter-split-forgets-the-impossible",
      breaks: "Of a filter that nobody can match nothing is left.",
      kills: ["registry/filters/split-is-total", "registry/filters/corpus-equality"],
    },
    {
      split: (filter) => (filter.op === "in" && JSON.stringify(filter.value) === "[]" ? {} : pushAll(filter)),
    },
  ),
];

function asksForAttached(filter: Filter): boolean {
  if (filter.op === "and" || filter.op === "or") return filter.nodes.some(asksForAttached);
  if (filter.op === "not") return asksForAttached(filter.node);
  return "about" in filter && filter.about === "attached";
}

/** What contains something is there. */
function widened(filter: Filter): Split {
  return splitFilter(filter, (leaf) => {
    if ("about" in leaf) return leaf.about !== "attached";
    return leaf.op === "contains" ? { op: "exists", path: leaf.path, value: true } : true;
  });
}

function negated(node: Filter, whole: Filter): Split {
  const { native, residual } = widened(node);
  if (native === undefined) return { residual: whole };
  return { native: { op: "not", node: native }, ...(residual ? { residual: whole } : {}) };
}

function inPart(filter: Filter): Split {
  const { native, residual } = withoutContains(filter);
  if (filter.op !== "or") return { ...(native ? { native } : {}), ...(residual ? { residual } : {}) };
  const natives = filter.nodes.filter((node) => withoutContains(node).residual === undefined);
  const [first] = natives;
  if (first === undefined) return { residual: filter };
  return { native: natives.length === 1 ? first : { op: "or", nodes: natives }, residual: filter };
}

function withoutContains(filter: Filter): Split {
  return splitFilter(filter, (leaf: Leaf) => leaf.op !== "contains" && !("about" in leaf && leaf.about === "attached"));
}
