/** Operands and keys that stores have been seen to take for something else. */

import { type Filter, formatPath, type JsonValue, parseFilter, registeredAt, where } from "@muster/filter";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import { numbered } from "../support.ts";
import { type Document, expectAsEvaluated, populate } from "./support.ts";

const HOSTILE_TEXTS = [
  "it's",
  '"quoted"',
  "''",
  "`tick`",
  "100%",
  "100",
  "a_b",
  "axb",
  "\\",
  "\\\\",
  "\\n",
  "*",
  "**",
  "?",
  "[a-z]",
  "{a}",
  "$",
  "$lt",
  "a.b",
  "$1",
  "${a}",
  ":name",
  "' OR '1'='1",
  "x'); DROP TABLE registrations; --",
  "-- ",
  "/* */",
  "{{a}}",
  "\r\n",
  "\n",
  "\t",
  "\u0001",
  "\u001f",
  "\u007f",
  "\u2028",
  " a",
  "a ",
  "a",
  "A",
  "null",
  "true",
  "\u{1f600}",
  "\u{1f468}\u200d\u{1f469}",
  "é",
  "e\u0301",
  "ß",
  "SS",
  "İ",
  "i",
] as const;

const NUMBERS = [
  0,
  5e-324,
  2.2250738585072014e-308,
  1e-7,
  0.1,
  0.3,
  0.1 + 0.2,
  1 / 3,
  1,
  1 + Number.EPSILON,
  16_777_216,
  16_777_217,
  2_147_483_647,
  2_147_483_648,
  4_294_967_296,
  123_456_789.123_456_78,
  123_456_789.123_456_79,
  999_999_999_999_999.9,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 53 + 2,
  2 ** 63,
  2 ** 64,
  1e21,
  1e22,
  1e126,
  Number.MAX_VALUE,
] as const;

const EDGES: readonly number[] = [...NUMBERS, ...NUMBERS.slice(1).map((number) => -number)];

/** One document per value, which holds it in every place a filter can look at. */
function documentsOf(values: readonly JsonValue[]): readonly Document[] {
  return numbered("document", values.length).map((identity, index) => {
    const value = values[index] ?? null;
    return { identity, metadata: { v: value, list: [value], o: { k: value } } };
  });
}

/** Every comparison of the field with the value. */
function comparisons(value: string | number): readonly Filter[] {
  const field = where("v");
  const orders = [field.lt(value), field.lte(value), field.gt(value), field.gte(value)];
  const equality = [field.eq(value), field.ne(value), field.in([value, null]), field.nin([value])];
  const deep = [where("list").contains(value), where("list").eq([value]), where("o").eq({ k: value })];
  return [...orders, ...equality, ...deep];
}

async function askAll(ctx: RegistryContext, documents: readonly Document[], filters: readonly Filter[]): Promise<void> {
  const population = await populate(ctx, documents);
  for (const filter of filters) await expectAsEvaluated(ctx, population, filter);
}

export const valueCases: readonly RegistryCase[] = [
  {
    id: "registry/filters/hostile-operands",
    rule: "Operands are data: quotes, wildcards, escapes, control characters and statements stand for themselves.",
    slot: "registry",
    run: async (ctx) =>
      askAll(
        ctx,
        documentsOf(HOSTILE_TEXTS),
        HOSTILE_TEXTS.flatMap((text) => {
          const field = where("v");
          return [...comparisons(text), field.startswith(text), field.endswith(text), field.contains(text)];
        }),
      ),
  },
  {
    id: "registry/filters/hostile-keys",
    rule: "Keys are data too: a field may have any name, and is only ever found under that name.",
    slot: "registry",
    run: async (ctx) =>
      askAll(
        ctx,
        numbered("document", HOSTILE_TEXTS.length).map((identity, index) => ({
          identity,
          metadata: { [HOSTILE_TEXTS[index] ?? ""]: 1, o: { [HOSTILE_TEXTS[index] ?? ""]: "x" } },
        })),
        HOSTILE_TEXTS.flatMap((key) => [
          parseFilter({ [formatPath([key])]: { $eq: 1 } }),
          parseFilter({ [formatPath(["o", key])]: { $startswith: "x" } }),
          parseFilter({ [formatPath(["o", key])]: { $exists: false } }),
        ]),
      ),
  },
  {
    id: "registry/filters/numbers-at-the-edges",
    rule: "Numbers are compared as doubles, to the last bit, from the smallest to the largest.",
    slot: "registry",
    run: async (ctx) => askAll(ctx, documentsOf(EDGES), EDGES.flatMap(comparisons)),
  },
  {
    id: "registry/filters/registered-at",
    rule: "The time of registration is compared as the outcome gave it, to the millisecond.",
    slot: "registry",
    async run(ctx) {
      const population = await populate(ctx, documentsOf([1, 2, 3]));
      const instants = [...population.all.values()].flatMap(({ registeredAt: at }) => [at - 1, at, at + 0.5, at + 1]);
      for (const at of instants) {
        for (const order of ["lt", "lte", "gt", "gte"] as const) {
          await expectAsEvaluated(ctx, population, registeredAt[order](at));
        }
      }
    },
  },
];
