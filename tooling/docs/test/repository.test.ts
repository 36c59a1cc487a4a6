/** The documentation of this repository, as it is. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blocksOf, brokenLinks, linksOf, readPages } from "../src/pages.ts";
import { Programs } from "../src/programs.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PAGES = readPages(ROOT);
/** What a block prints, where it says so: `console.log(1 + 1); // → 2`. */
const PRINTED = /\/\/ → (.*)$/gmu;
const BLOCKS = PAGES.flatMap(blocksOf)
  .filter(({ language }) => language === "ts")
  .map((block, index) => ({ ...block, index }));
const PROGRAMS = BLOCKS.filter(({ text }) => text.match(PRINTED) !== null);

describe("the blocks of code", { timeout: 60_000 }, () => {
  let programs: Programs;
  let complaints: readonly (readonly string[])[];

  beforeAll(async () => {
    programs = new Programs(BLOCKS);
    complaints = await programs.complaints();
  }, 60_000);

  afterAll(() => programs[Symbol.dispose]());

  test.each(BLOCKS)("$page compiles what follows line $fence", ({ index }) => {
    expect(complaints[index]).toEqual([]);
  });

  test("the first program of the README runs, and wakes nobody whose battery is full", async () => {
    const first = BLOCKS.find(({ page }) => page === "README.md");
    const lines = await programs.output(first?.index ?? -1);
    expect(lines.toSorted()).toEqual(["1 of 1 delivered", "lab got { command: 'sleep' }"]);
  });

  test.each(PROGRAMS)("$page prints what it says behind line $fence", async ({ index, text }) => {
    const said = Array.from(text.matchAll(PRINTED), ({ 1: line = "" }) => line);
    expect(await programs.output(index)).toEqual(said);
  });

  test("there are programs that say what they print", () => {
    expect(PROGRAMS.length).toBeGreaterThan(0);
  });
});

test("the settings of delivery.md have the defaults of the code", () => {
  const code = ["timing.ts", "limits.ts"].map((file) => readFileSync(`${ROOT}packages/core/src/${file}`, "utf8"));
  const page = PAGES.find(({ path }) => path === "docs/delivery.md");
  const rows = [...(page?.text ?? "").matchAll(/^\| `(?:timing|limits)\.(\w+)` \| ([\d,]+) \|/gmu)];
  const wrong = rows.filter(
    ({ 1: name = "", 2: value = "" }) => !code.join("\n").includes(`\n  ${name}: ${value.replaceAll(",", "_")},`),
  );
  expect(rows.length).toBeGreaterThan(10);
  expect(wrong.map(([row]) => row)).toEqual([]);
});

test("there are links to check", () => {
  expect(PAGES.flatMap(linksOf).length).toBeGreaterThan(0);
});

test.each(PAGES)("$path links only to what is there", (page) => {
  expect(brokenLinks(ROOT, page, PAGES)).toEqual([]);
});
