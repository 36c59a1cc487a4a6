import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readWorkspace } from "../src/workspace.ts";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "muster-structure-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

test("reads packages of the three groups with paths relative to each", () => {
  write("packages/core/package.json", '{ "name": "@muster/core" }');
  write("packages/core/src/index.ts", "export {};\n");
  write("tooling/bench/package.json", "{}");
  write("examples/airports/package.json", "{}");
  write("packages/leftover/notes.txt", "no package.json");
  const { packages } = readWorkspace(root);
  expect(packages.map(({ folder }) => folder)).toEqual(["packages/core", "tooling/bench", "examples/airports"]);
  expect(packages[0]?.files.map(({ path }) => path)).toEqual(["package.json", "src/index.ts"]);
  expect(packages[0]?.manifest.name).toBe("@muster/core");
});

test("leaves out installed and built folders, keeps dot files of the repository", () => {
  write("packages/core/node_modules/a/package.json", "{}");
  write("packages/core/dist/index.js", "");
  write(".git/config", "");
  write(".ci/run", "#!/usr/bin/env bash\n");
  expect(readWorkspace(root).files).toEqual([{ path: ".ci/run", text: "#!/usr/bin/env bash\n" }]);
});
