import { describe, expect, it } from "vitest";
import {
  and,
  attached,
  FilterError,
  type Filter,
  identity,
  not,
  or,
  parseFilter,
  registeredAt,
  where,
} from "../src/index.ts";

const circle = { lat: 52, lon: 13, radiusM: 1_000 };
const box = { south: 0, west: 0, north: 1, east: 1 };

describe("the builder", () => {
  it.each<[Filter, unknown]>([
    [where("a").eq(1), { a: 1 }],
    [where("a").eq("*"), { a: { $eq: "*" } }],
    [where("a.type").eq("x"), { "a.type": { $eq: "x" } }],
    [where("a\\.b").ne(null), { "a\\.b": { $ne: null } }],
    [where("a").lt(1), { a: { $lt: 1 } }],
    [where("a").lte(1), { a: { $lte: 1 } }],
    [where("a").gt("x"), { a: { $gt: "x" } }],
    [where("a").gte("x"), { a: { $gte: "x" } }],
    [where("a").in([2, 1, 2]), { a: { $in: [1, 2] } }],
    [where("a").nin([null]), { a: { $nin: [null] } }],
    [where("a").startswith("x"), { a: { $startswith: "x" } }],
    [where("a").endswith("x"), { a: { $endswith: "x" } }],
    [where("a").contains({ b: 1 }), { a: { $contains: { b: 1 } } }],
    [where("a").regex("^x"), { a: { $regex: "^x" } }],
    [where("a").present(), { a: "*" }],
    [where("a").absent(), { "a.exists": false }],
    [where("a").type("array"), { a: { $type: "array" } }],
    [where("a").near(circle), { a: { $near: circle } }],
    [where("a").within(box), { a: { $within: box } }],
    [identity.eq("x"), { $identity: "x" }],
    [identity.in(["y", "x"]), { $identity: { $in: ["x", "y"] } }],
    [identity.startswith("x"), { "$identity.startswith": "x" }],
    [identity.gte("x"), { "$identity.gte": "x" }],
    [attached(), { $attached: true }],
    [attached(false), { $attached: false }],
    [registeredAt.lt(5), { "$registeredAt.lt": 5 }],
    [registeredAt.gte("2024-01-01T00:00:00Z"), { "$registeredAt.gte": 1_704_067_200_000 }],
    [registeredAt.gt(new Date(7)), { "$registeredAt.gt": 7 }],
    [and(where("a").eq(1), where("b").eq(2)), { b: 2, a: 1 }],
    [or(where("a").eq(1), and(where("b").eq(2))), { $or: [{ a: 1 }, { b: 2 }] }],
    [not(where("a").eq(1)), { $not: { a: 1 } }],
    [not(not(where("a").eq(1))), { a: 1 }],
  ])("makes %j as the parser makes it", (built, input) => {
    expect(built).toEqual(parseFilter(input));
    expect(parseFilter(built)).toBe(built);
  });

  it("writes a Date as the text a timestamp field holds", () => {
    const seen = where("seen") as unknown as { lt(value: Date): Filter; in(values: readonly Date[]): Filter };
    expect(seen.lt(new Date(0))).toEqual(where("seen").lt("1970-01-01T00:00:00.000Z"));
    expect(seen.in([new Date(0)])).toEqual(where("seen").in(["1970-01-01T00:00:00.000Z"]));
  });

  it.each<[string, () => unknown]>([
    ["an empty path", () => where("")],
    ["a wrong operand", () => where("a").lt(Number.NaN)],
    ["nothing to exclude", () => where("a").nin([])],
    ["a bad pattern", () => where("a").regex("(")],
    ["nothing to combine", () => and()],
    ["a tree made by hand", () => not({ op: "eq", path: ["a"], value: 1 })],
  ])("refuses %s", (_, build) => {
    expect(build).toThrow(expect.objectContaining({ code: "INVALID_FILTER" }));
  });

  it("refuses to build deeper than anything may be walked", () => {
    let filter: Filter = where("a").eq(1);
    const deepen = (): void => {
      for (let level = 0; level < 100_000; level++)
        filter = level % 2 === 0 ? and(filter, where("b").eq(level)) : or(filter, where("c").eq(level));
    };
    expect(deepen).toThrow(FilterError);
    expect(deepen).toThrow(expect.objectContaining({ code: "FILTER_TOO_COMPLEX" }));
  });
});
