import { FilterError } from "@muster/filter";
import { expect, test } from "vitest";
import { toFilter, toTargets } from "../../src/input/filters.ts";
import { defineSchema } from "../../src/schema/compile.ts";
import { thrown } from "../support/codes.ts";

const SOURCE = "core.count";

test("null and no filter are everyone to a read", () => {
  expect(toFilter(null, undefined, SOURCE)).toBeUndefined();
  expect(toFilter(undefined, undefined, SOURCE)).toBeUndefined();
});

test("only null is everyone to a multicast", () => {
  expect(toTargets(null, undefined, "core.multicast")).toBeUndefined();
  thrown("INVALID_FILTER", () => toTargets(undefined, undefined, "core.multicast"));
});

test("a filter is parsed with the schema's reading of its fields", () => {
  const schema = defineSchema({ "device.type": "string", seen: "timestamp" });
  expect(toFilter({ "device.type": "lamp" }, schema, SOURCE)).toEqual({
    op: "eq",
    path: ["device", "type"],
    value: "lamp",
  });
  expect(toFilter({ "seen.lt": new Date(0) }, schema, SOURCE)).toMatchObject({
    as: "timestamp",
    value: "1970-01-01T00:00:00.000Z",
  });
});

test("a mistake is INVALID_FILTER, with the path to it and the filter's own error as cause", () => {
  const error = thrown("INVALID_FILTER", () => toFilter({ $and: [{ "a.lt": null }] }, undefined, SOURCE));
  expect(error.detail.path).toBe("/$and/0/a.lt");
  expect(error.message).toMatch(/^\[INVALID_FILTER\] core\.count: /);
  expect(error.cause).toBeInstanceOf(FilterError);
});

test("an empty filter is INVALID_FILTER and never everyone", () => {
  thrown("INVALID_FILTER", () => toFilter({}, undefined, SOURCE));
  thrown("INVALID_FILTER", () => toTargets({}, undefined, "core.multicast"));
});

test("twenty-one comparisons are FILTER_TOO_COMPLEX", () => {
  const filter = { $or: Array.from({ length: 21 }, (_, index) => ({ n: index })) };
  thrown("FILTER_TOO_COMPLEX", () => toFilter(filter, undefined, SOURCE));
});
