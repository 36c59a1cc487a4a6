import { describe, expect, test } from "vitest";
import { namesIn } from "../../src/keys.ts";
import { isBehind, orderBy } from "../../src/selection/order.ts";
import { Parameters } from "../../src/selection/parameters.ts";

const names = namesIn("muster");
const writing = (first: "registrations" | "metadata" = "metadata") => ({
  names,
  first,
  parameters: new Parameters([]),
});
const UP = { isDescending: false };
const DOWN = { isDescending: true };

describe("an order", () => {
  test("by facts is by columns, and by identity in the end", () => {
    const by = [{ about: "registeredAt" as const, ...DOWN }];
    expect(orderBy(by, writing("registrations"))).toBe("r.registered_at desc nulls last, r.identity");
  });

  test("by a field is by its kind, its number and its text, the absent last in either direction", () => {
    const columns = orderBy([{ path: ["a"], ...DOWN }], writing()).split(" desc nulls last, ");
    expect(columns).toHaveLength(4);
    expect(columns[0]).toMatch(/^case jsonb_typeof\(m\.metadata -> \$1::text\)/u);
    expect(columns.slice(1)).toEqual([
      `"muster"."number_of"(m.metadata -> $1::text)`,
      `"muster"."text_of"(m.metadata -> $1::text) collate "C"`,
      "m.identity",
    ]);
  });
});

describe("what comes behind a place", () => {
  test("whose field is absent are its equals behind it, and nobody else", () => {
    const place = { values: [undefined], identity: "x" };
    expect(isBehind([{ path: ["a"], ...UP }], place, writing())).toMatch(/^\(false or \(case .* end is null and m\./su);
  });

  test("no value stands in the text, whatever it looks like", () => {
    const parameters = new Parameters([]);
    const place = { values: ["'; drop table x; --", 5, "y"], identity: "$1" };
    const by = [
      { path: ["it's"], ...UP },
      { about: "registeredAt" as const, ...DOWN },
      { about: "identity" as const, ...UP },
    ] as const;
    const text = isBehind(by, place, { names, first: "metadata", parameters });
    expect(text).not.toMatch(/drop|it's/u);
    expect(parameters.values).toEqual(["$1", "y", "5", "it's", "'; drop table x; --"]);
  });

  test("a place that is none, as somebody may make one up, is asked about all the same", () => {
    const by = [
      { about: "registeredAt" as const, ...UP },
      { about: "identity" as const, ...UP },
    ];
    expect(isBehind(by, { values: ["a", 1], identity: "b" }, writing())).toContain("r.registered_at > $");
  });
});
