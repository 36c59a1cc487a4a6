import { expect, test } from "vitest";
import { importsOf, isBarrel } from "../src/imports.ts";

const specifiers = (text: string): readonly string[] => importsOf(text).map(({ specifier }) => specifier);

test.each([
  ["a named import", 'import { a } from "./a.ts";', ["./a.ts"]],
  ["a default and a named import", 'import a, { b } from "a";', ["a"]],
  ["a namespace import", 'import * as a from "a";', ["a"]],
  ["a bare import", 'import "./a.ts";', ["./a.ts"]],
  ["a type-only import", 'import type { A } from "./a.ts";', ["./a.ts"]],
  ["an import over several lines", 'import {\n  a,\n  type B,\n} from "./a.ts";', ["./a.ts"]],
  ["a re-export", 'export { a } from "./a.ts";\nexport * from "./b.ts";', ["./a.ts", "./b.ts"]],
  ["a type-only re-export", 'export type { A } from "./a.ts";', ["./a.ts"]],
  ["a dynamic import", 'const a = await import("./a.ts");', ["./a.ts"]],
  ["an import type", 'let a: import("./a.ts").A;', ["./a.ts"]],
])("finds %s", (_, text, expected) => {
  expect(specifiers(text)).toEqual(expected);
});

test("does not take comments, strings and plain exports for imports", () => {
  const text =
    '// import "./a.ts";\n * import "./b.ts";\nexport const from = "./c.ts";\nconst d = \'import "./d.ts"\';\n';
  expect(specifiers(text)).toEqual([]);
});

test("gives the line on which an import starts", () => {
  expect(importsOf('\n\nimport {\n  a,\n} from "./a.ts";')).toMatchObject([{ line: 3 }]);
});

test("knows a module that only passes on from one that does something", () => {
  expect(isBarrel('// all of a\nexport { a } from "./a.ts";\nexport type { B } from "./b.ts";\n')).toBe(true);
  expect(isBarrel('export { a } from "./a.ts";\nexport const b = 1;\n')).toBe(false);
  expect(isBarrel("export const b = 1;\n")).toBe(false);
});
