/** The documentation of this repository, as it is. */

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blocksOf, brokenLinks, linksOf, readPages } from "../src/pages.ts";
import { Programs } from "../src/programs.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PAGES = readPages(ROOT);
const BLOCKS = PAGES.flatMap(blocksOf)
  .filter(({ language }) => language === "ts")
  .map((block, index) => ({ ...block, index }));

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
});

test("there are links to check", () => {
  expect(PAGES.flatMap(linksOf).length).toBeGreaterThan(0);
});

test.each(PAGES)("$path links only to what is there", (page) => {
  expect(brokenLinks(ROOT, page, PAGES)).toEqual([]);
});
