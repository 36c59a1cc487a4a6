/** The table of interleavings in docs/testing.md names cases that there are. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { patternCatalogue } from "../src/cases/pattern-cases.ts";
import { catalogue } from "../src/catalogue.ts";

const page = readFileSync(new URL("../../../docs/testing.md", import.meta.url), "utf8");
const [, table = ""] = page.split("| when | then | tested by |");
const named = Array.from(
  (table.split("\n## ")[0] ?? "").matchAll(/`((?:registry|messaging|durability|pattern)\/[^`]+)`/gu),
  ([, id = ""]) => id,
);
const ids = [...catalogue, ...patternCatalogue].map(({ id }) => id);

test("each of them is a case, or some cases where a part of it stands for any", () => {
  const isKnown = (name: string): boolean => {
    const [start = "", end] = name.split("*");
    return end === undefined ? ids.includes(name) : ids.some((id) => id.startsWith(start) && id.endsWith(end));
  };
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((name) => !isKnown(name))).toEqual([]);
});
