/** Ways in which an order can be another one, and its pages can leave somebody out. */

import {
  comparePositions,
  type Position,
  positionOf,
  type Registration,
  type RegistryBackend,
  type SortCriterion,
  type SortQuery,
} from "@muster/core/slots";
import type { JsonValue } from "@muster/filter";
import type { Mutant } from "../../mutant.ts";
import { registryMutant } from "./support.ts";

const ALL = 1_000_000;

type Compare = (by: readonly SortCriterion[], a: Position, b: Position) => number;
type First = NonNullable<RegistryBackend["sorts"]>["first"];

/** The registry whose orders are given in another way; `first` is the real thing. */
function sorting(first: (first: First) => First): (real: RegistryBackend) => Partial<RegistryBackend> {
  return ({ sorts }) => (sorts ? { sorts: { first: first(async (query, call) => sorts.first(query, call)) } } : {});
}

/** Another order, kept consistently from page to page. */
function ordered(compare: Compare): (real: RegistryBackend) => Partial<RegistryBackend> {
  return sorting((first) => async ({ behind, ...query }, call) => {
    const { by, limit } = query;
    const all = await first({ ...query, limit: ALL }, call);
    const at = (one: Registration): Position => positionOf(one, by);
    return all
      .filter((one) => behind === undefined || compare(by, at(one), behind) > 0)
      .toSorted((a, b) => compare(by, at(a), at(b)))
      .slice(0, limit);
  });
}

/** The order that is promised, of values that are taken for others. */
function seen(change: (value: JsonValue | undefined) => JsonValue | undefined): Compare {
  const changed = ({ values, identity }: Position): Position => ({ values: values.map(change), identity });
  return (by, a, b) => comparePositions(by, changed(a), changed(b));
}

const ODD = "registry/sorts/odd-values";
const PAGES = "registry/sorts/pages";

export const sortMutants: readonly Mutant[] = [
  registryMutant(
    { id: "sorts-numbers-as-text", breaks: "Numbers are in the order of their digits.", kills: [ODD, PAGES] },
    ordered(seen((value) => (typeof value === "number" ? String(value) : value))),
  ),
  registryMutant(
    { id: "sorts-numbers-rounded", breaks: "Numbers are compared in single precision.", kills: [ODD, PAGES] },
    ordered(seen((value) => (typeof value === "number" ? Math.fround(value) : value))),
  ),
  registryMutant(
    {
      id: "sorts-texts-by-code-units",
      breaks: "Texts are in the order of UTF-16, in which what lies beyond the first plane comes too early.",
      kills: [ODD, PAGES],
    },
    ordered(
      seen((value) =>
        typeof value === "string"
          ? Array.from({ length: value.length }, (_, at) => value.charCodeAt(at).toString(16).padStart(4, "0")).join("")
          : value,
      ),
    ),
  ),
  registryMutant(
    { id: "sorts-case-away", breaks: "Texts that differ in case alone are equal.", kills: [ODD, PAGES] },
    ordered(seen((value) => (typeof value === "string" ? value.toLowerCase() : value))),
  ),
  registryMutant(
    { id: "sorts-absent-as-null", breaks: "Who has no such field stands where null does.", kills: [ODD, PAGES] },
    ordered(seen((value) => value ?? null)),
  ),
  registryMutant(
    { id: "sorts-objects-by-content", breaks: "Objects and arrays are told apart.", kills: [ODD, PAGES] },
    ordered((by, a, b) => {
      const told = ({ values, identity }: Position): Position => ({
        values: values.map((value) =>
          typeof value === "object" && value !== null ? `\u{10ffff}\u{10ffff}${JSON.stringify(value)}` : value,
        ),
        identity,
      });
      return comparePositions(by, told(a), told(b));
    }),
  ),
  registryMutant(
    { id: "sorts-first-criterion-only", breaks: "Later criteria decide nothing.", kills: [ODD, PAGES] },
    ordered((by, a, b) => comparePositions(by.slice(0, 1), a, b)),
  ),
  registryMutant(
    { id: "sorts-ties-downwards", breaks: "Ties are broken in the direction of the last criterion.", kills: [ODD] },
    ordered((by, a, b) =>
      comparePositions(
        [...by, { about: "identity", isDescending: by.at(-1)?.isDescending === true }],
        last(a),
        last(b),
      ),
    ),
  ),
  registryMutant(
    {
      id: "sorts-from-the-place",
      breaks: "A page begins with who stands at the place, and not behind it.",
      kills: [PAGES],
    },
    sorting((first) => async ({ behind, ...query }, call) => {
      const all = await first({ ...query, limit: ALL }, call);
      const from = all.filter(
        (one) => behind === undefined || comparePositions(query.by, positionOf(one, query.by), behind) >= 0,
      );
      return from.slice(0, query.limit);
    }),
  ),
  registryMutant(
    {
      id: "sorts-pages-by-count",
      breaks: "A page begins behind as many as there were on the pages before, whoever has come or gone.",
      kills: ["registry/sorts/goes-on-from-a-place"],
    },
    (real) => {
      let count = 0;
      return sorting((first) => async ({ behind, ...query }: SortQuery, call) => {
        if (behind === undefined) count = 0;
        const all = await first({ ...query, limit: ALL }, call);
        const page = all.slice(count, count + query.limit);
        count += page.length;
        return page;
      })(real);
    },
  ),
  registryMutant(
    {
      id: "sorts-everyone",
      breaks: "An order is of everyone, whatever was native.",
      kills: ["registry/sorts/only-the-selected"],
    },
    sorting(
      (first) =>
        async ({ filter: _filter, ...query }, call) =>
          first(query, call),
    ),
  ),
];

function last({ values, identity }: Position): Position {
  return { values: [...values, identity], identity };
}
