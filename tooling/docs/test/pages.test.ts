import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { blocksOf, brokenLinks, type Page, readPages } from "../src/pages.ts";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "muster-docs-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, text: string): Page {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  return { path, text };
}

test("pages are those at the root and in docs, and the README of each package", () => {
  const paths = ["CONTRIBUTING.md", "README.md", "docs/a.md", "packages/core/README.md", "examples/one/README.md"];
  for (const path of [...paths, "packages/core/notes.md", "packages/empty/index.ts", "docs/picture.svg"])
    write(path, "");
  expect(
    readPages(root)
      .map(({ path }) => path)
      .toSorted(),
  ).toEqual(paths.toSorted());
});

test("blocks come with their language and the line of their fence", () => {
  const text = "one\n\n```ts\nconst a = 1;\n```\ntwo `x`\n```\nplain\n```\n  ```json title\n  {}\n  ```\n";
  expect(blocksOf({ path: "README.md", text })).toEqual([
    { page: "README.md", fence: 3, language: "ts", text: "const a = 1;\n" },
    { page: "README.md", fence: 7, language: "", text: "plain\n" },
    { page: "README.md", fence: 10, language: "json", text: "  {}\n" },
  ]);
});

test("a link to a missing file or heading is broken, on its own page or another", () => {
  const other = write("docs/other.md", "# One `two`, three\n");
  const good = "[a](docs/other.md) [b](docs/other.md#one-two-three) [c](#here) [d](docs) [e](https://example.org)";
  const bad = ["docs/absent.md", "docs/other.md#absent", "#absent", "../outside.md"];
  const page = write("README.md", `## Here\n${good} ${bad.map((link) => `[x](${link})`).join(" ")}\n`);
  expect(brokenLinks(root, page, [page, other])).toEqual(bad);
});
