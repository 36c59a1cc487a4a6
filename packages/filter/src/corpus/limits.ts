import { type CorpusGroup, group, matches, tooComplex } from "./group.ts";

/** Depth 5, 20 clauses, 1,000 values, operand sizes, counted on the tree as written. */
export const limits: CorpusGroup = group(
  "limits",
  { seven: { a: 7, b: 1, c: { d: 1 } }, many: { a: 999, b: 1 }, other: { a: "x" } },
  {
    "depth 5": matches({ $and: [{ $or: [{ $not: { $not: { a: 7 } } }] }] }, ["seven"]),
    "depth 6": tooComplex(
      { $and: [{ $or: [{ $not: { $not: { $and: [{ a: 7 }] } } }] }] },
      "as written, though it collapses to one comparison",
    ),
    "depth 5 with several keys": matches({ $and: [{ $or: [{ $not: { a: 8, b: 1 } }] }] }, ["seven", "many", "other"]),
    "depth 6 with several keys": tooComplex(
      { $and: [{ $or: [{ $not: { $not: { a: 7, b: 1 } } }] }] },
      "several keys are a conjunction",
    ),
    "depth 5 with several operators": matches({ $and: [{ $or: [{ $and: [{ a: { $gt: 1, $lt: 9 } }] }] }] }, ["seven"]),
    "depth 6 with several operators": tooComplex({
      $not: { $and: [{ $or: [{ $and: [{ a: { $gt: 1, $lt: 9 } }] }] }] },
    }),
    "depth 5 with not on a field": matches({ a: { $not: { $not: { $not: { $not: { $eq: 7 } } } } } }, ["seven"]),
    "depth 6 with not on a field": tooComplex({ a: { $not: { $not: { $not: { $not: { $not: { $eq: 7 } } } } } } }),
    "a long path is no depth": matches({ "c.d": 1 }, ["seven"]),
    "20 clauses": matches({ $or: Array.from({ length: 20 }, (_, i) => ({ a: i })) }, ["seven"]),
    "21 clauses": tooComplex({ $or: Array.from({ length: 21 }, (_, i) => ({ a: i })) }),
    "21 times the same clause": tooComplex({ $or: Array.from({ length: 21 }, () => ({ a: 7 })) }, "as written"),
    "21 keys": tooComplex(Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`f${i}`, 1]))),
    "1,000 values": matches({ a: { $in: Array.from({ length: 1_000 }, (_, i) => i) } }, ["seven", "many"]),
    "1,001 values": tooComplex({ a: { $in: Array.from({ length: 1_001 }, (_, i) => i) } }),
    "1,001 times one value": tooComplex({ a: { $nin: Array.from({ length: 1_001 }, () => 7) } }, "as written"),
    "operand of 64 KiB": matches({ a: "x".repeat(65_534) }, []),
    "operand over 64 KiB": tooComplex({ a: "x".repeat(65_535) }),
    "operand over 64 KiB of UTF-8": tooComplex({ a: "\u{1f600}".repeat(16_384) }),
    "object over 64 KiB": tooComplex({ a: { list: Array.from({ length: 20_000 }, () => "abc") } }),
    "operand of depth 32": matches({ "a.eq": nested(32) }, []),
    "operand of depth 33": tooComplex({ "a.eq": nested(33) }),
    "filter over 1 MiB": tooComplex({ a: { $in: Array.from({ length: 1_000 }, (_, i) => "x".repeat(1_100) + i) } }),
    "operand that holds itself": tooComplex({ a: cycle() }),
    "filter that holds itself": tooComplex({ $not: cycle() }),
    "100,000 levels": tooComplex(nested(100_000, "$not")),
  },
);

function nested(depth: number, key = "k"): unknown {
  let value: unknown = key === "k" ? [] : { a: 7 };
  for (let level = 1; level < depth; level++) value = { [key]: value };
  return value;
}

function cycle(): unknown {
  const value: Record<string, unknown> = {};
  value["$not"] = value;
  return value;
}
