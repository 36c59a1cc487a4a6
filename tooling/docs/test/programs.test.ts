import { expect, test } from "vitest";
import type { Block } from "../src/pages.ts";
import { Programs } from "../src/programs.ts";

function block(text: string, fence = 0): Block {
  return { page: "README.md", fence, language: "ts", text };
}

test("what doesn't compile is told with its line on the page, block by block", { timeout: 60_000 }, async () => {
  using programs = new Programs([
    block('import { parseFilter } from "@muster/filter";\nawait Promise.resolve(parseFilter({ a: 1 }));\n'),
    block('const a = 1;\nconst b: string = a;\nimport { absent } from "@muster/core";\n', 10),
    block("const a: number = 1;\n"),
  ]);
  expect(await programs.complaints()).toEqual([
    [],
    [expect.stringMatching(/^README\.md:12: TS2322/u), expect.stringMatching(/^README\.md:13: TS2305/u)],
    [],
  ]);
});

test("compiling nothing fails", async () => {
  using programs = new Programs([]);
  await expect(programs.complaints()).rejects.toThrow("no block to compile");
});

test("a program that fails, fails", { timeout: 60_000 }, async () => {
  using programs = new Programs([block('console.log("so far");\nthrow new Error("broken");\n')]);
  await expect(programs.output(0)).rejects.toThrow("broken");
});
