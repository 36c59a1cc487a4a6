import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { contentProblems, unpack } from "../src/tarball.ts";

const door = { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } };
const goodPaths = ["README.md", "LICENSE", "dist/index.js", "dist/index.d.ts"];
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "muster-release-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function problemsOf(manifest: object, paths: readonly string[] = goodPaths): readonly string[] {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "x", exports: door, ...manifest }));
  return contentProblems(folder, ["package.json", ...paths]);
}

test("a tarball with doors in dist, README.md and LICENSE is fine", () => {
  expect(problemsOf({ dependencies: { "@muster/core": "^0.1.0" } })).toEqual([]);
});

test.each([
  [{ exports: { ".": "./src/index.ts" } }, "exports ./src/index.ts, not dist"],
  [{ exports: { ".": "./dist/absent.js" } }, "exports ./dist/absent.js: no such file"],
  [{ exports: {} }, "exports is empty"],
  [{ dependencies: { a: "workspace:^" } }, "a dependency is still workspace: or catalog:"],
  [{ dependencies: { a: "catalog:" } }, "a dependency is still workspace: or catalog:"],
])("the packed manifest %j is refused", (manifest, message) => {
  expect(problemsOf(manifest)).toContain(message);
});

test.each(goodPaths)("a tarball without %s is refused", (missing) => {
  expect(
    problemsOf(
      {},
      goodPaths.filter((path) => path !== missing),
    ),
  ).toContain(`${missing} is missing`);
});

test.each(["dist/src.tsbuildinfo", "test/a.ts", "src/a.test.ts"])("a tarball with %s is refused", (path) => {
  expect(problemsOf({}, [...goodPaths, path])).toEqual([`${path} does not belong in a package`]);
});

test("unpacking gives the files below the package folder", () => {
  const file = join(folder, "package/dist/index.js");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, "");
  const tarball = join(folder, "x.tgz");
  spawnSync("tar", ["-czf", tarball, "-C", folder, "package"]);
  const target = join(folder, "out");
  mkdirSync(target);
  expect(unpack(tarball, target)).toEqual(["dist/index.js"]);
});
