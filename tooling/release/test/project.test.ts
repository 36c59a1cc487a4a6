import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { projectProblems } from "../src/project.ts";

const PROGRAM = 'import { two } from "two";\nconsole.log(two.toFixed());\n';
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "muster-project-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function problemsOf(code: string, types: string, manifest: object = {}): readonly string[] {
  const exports = { ".": { types: "./index.d.ts", default: "./index.js" } };
  mkdirSync(join(folder, "package"));
  writeFileSync(
    join(folder, "package/package.json"),
    JSON.stringify({ name: "two", version: "0.0.0", type: "module", exports, ...manifest }),
  );
  writeFileSync(join(folder, "package/index.js"), code);
  writeFileSync(join(folder, "package/index.d.ts"), types);
  const tarball = join(folder, "two.tgz");
  spawnSync("tar", ["-czf", tarball, "-C", folder, "package"]);
  return projectProblems(join(folder, "project"), new Map([["two", tarball]]), PROGRAM);
}

test("a package that installs, loads, runs and compiles is fine", { timeout: 60_000 }, () => {
  expect(problemsOf("export const two = 2;\n", "export declare const two: number;\n")).toEqual([]);
});

test("code that doesn't load is told, for every door and for the program", { timeout: 60_000 }, () => {
  expect(problemsOf('import "./absent.js";\nexport const two = 2;\n', "export declare const two: number;\n")).toEqual([
    expect.stringMatching(/^every door\n[^]*absent\.js/u),
    expect.stringMatching(/^the program\n/u),
  ]);
});

test("types that don't fit are told, for both ways to resolve modules", { timeout: 60_000 }, () => {
  expect(problemsOf("export const two = 2;\n", "export declare const two: string;\n")).toEqual([
    expect.stringMatching(/^types, moduleResolution nodenext\n[^]*TS2/u),
    expect.stringMatching(/^types, moduleResolution bundler\n[^]*TS2/u),
  ]);
});

test("a dependency that nobody publishes is told", { timeout: 60_000 }, () => {
  const dependencies = { absent: "file:../absent.tgz" };
  expect(problemsOf("export const two = 2;\n", "export declare const two: number;\n", { dependencies })).toEqual([
    expect.stringMatching(/^npm install\n/u),
  ]);
});
