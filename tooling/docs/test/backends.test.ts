/** `vitest -u` writes `docs/backends.md` anew. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { backendsMarkdown, readReports } from "../src/backends.ts";
import { readReport } from "../src/conformance-report.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

test("docs/backends.md says what the conformance reports say", async () => {
  await expect(backendsMarkdown(readReports(ROOT))).toMatchFileSnapshot("../../../docs/backends.md");
});

test("every package that is a backend has its column", () => {
  const names = readReports(ROOT).map(({ backend }) => backend);
  expect(names).toEqual(expect.arrayContaining(["memory", "nats", "postgres", "redis", "sqlite"]));
});

test("a report gives its traits, facets, operators and how its cases ended", () => {
  const report = [
    "# Conformance: box",
    "| passed | failed | known failing | not applicable |\n|---|---|---|---|\n| 1 | 0 | 1 | 0 |",
    "## Registry",
    "| trait | box |\n|---|---|\n| `quota` | exact |\n| `maxRecordBytes` | 1,024 |",
    "| facet |  |\n|---|---|\n| `filters`: selects by the native part of a filter | yes |\n| `counts`: counts | no |",
    "| the registry's part | operators |\n|---|---|\n| exact: selects what matches | `eq`, `in` |\n| none: all are read | `regex` |",
    "### Registry: create",
    "| case | rule |  |\n|---|---|---|\n| `registry/create/a` | A \\| B. | passed |\n| `registry/create/b` | B. | known failing |",
    "## Known failing",
    "| case | why |\n|---|---|\n| `registry/create/b` | not yet |",
  ];
  const { backend, slots } = readReport(report.join("\n\n"));
  const [{ slot, traits, facets, operators, counts } = expect.fail()] = slots;
  expect([backend, slots.length, slot]).toEqual(["box", 1, "Registry"]);
  expect([...traits]).toEqual([
    ["quota", "exact"],
    ["maxRecordBytes", "1,024"],
  ]);
  expect([...facets]).toEqual([
    ["filters", true],
    ["counts", false],
  ]);
  expect([...operators]).toEqual([
    ["eq", "exact"],
    ["in", "exact"],
    ["regex", "none"],
  ]);
  expect([...counts]).toEqual([
    ["passed", 1],
    ["known failing", 1],
  ]);
});

test("what is no report is refused", () => {
  expect(() => readReport(readFileSync(`${ROOT}README.md`, "utf8"))).toThrow("no report of the conformance kit");
});
