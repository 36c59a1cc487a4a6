import { expect, test } from "vitest";
import { checkWorkspace } from "../src/check.ts";
import { checkText } from "../src/rules/text.ts";
import type { WorkspacePackage } from "../src/workspace.ts";
import { corePackage, filterPackage, packageAt, workspaceOf } from "./fixture.ts";

const lines = (...packages: readonly WorkspacePackage[]): readonly string[] =>
  checkWorkspace(workspaceOf(...packages)).problems.map(({ at, message }) => `${at}: ${message}`);

/** The complaints about one package beside a faultless filter and core. */
const complaints = (pkg: WorkspacePackage): string => {
  const others = [filterPackage, corePackage].filter(({ folder }) => folder !== pkg.folder);
  return lines(...others, pkg).join("\n");
};

const driver = { dependencies: { "@muster/core": "*", "@muster/filter": "*", ioredis: "5.0.0" } };
const backendFiles: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["options", "client", "registry", "filter", "keys", "codec", "errors"].map((name) => [
      `src/${name}.ts`,
      'import type { Backend } from "@muster/core/slots";\nexport type Own = Backend;\n',
    ]),
  ),
  ...Object.fromEntries(
    ["conformance", "errors", "filter", "redis.server"].map((name) => [`test/${name}.test.ts`, ""]),
  ),
  "CONFORMANCE.md": "",
};

test("a repository that keeps every rule has no problems", () => {
  expect(lines(filterPackage, corePackage, packageAt("backend-redis", backendFiles, driver))).toEqual([]);
});

test("a check that examined nothing fails for each count", () => {
  const { problems } = checkWorkspace({ packages: [], files: [] });
  expect(problems.map(({ at }) => at)).toEqual(["packages", "modules", "imports", "files"]);
});

test.each([
  ["filter", "src/x.ts", "@muster/core", 'src may not import "@muster/core"'],
  ["core", "src/x.ts", "@muster/backend-memory", "is no package of this workspace"],
  ["filter", "src/x.ts", "@muster/core/slots", 'src may not import "@muster/core/slots"'],
  ["core", "src/x.ts", "@muster/filter/corpus", "is no door of @muster/filter"],
  ["backend-memory", "src/x.ts", "@muster/core", 'src may not import "@muster/core"'],
  ["filter", "test/x.test.ts", "@muster/core", 'tests may not import "@muster/core"'],
])("%s refuses in %s an import of %s", (name, path, specifier, message) => {
  const text = `import {\n  a,\n} from "${specifier}";\nexport const b = a;\n`;
  expect(complaints(packageAt(name, { [path]: text }))).toContain(`packages/${name}/${path}:1: `);
  expect(complaints(packageAt(name, { [path]: text }))).toContain(message);
});

test("a backend imports no other backend, in src, in tests or as a dependency", () => {
  const memory = packageAt("backend-memory");
  const text = 'import { memoryHub } from "@muster/backend-memory";\nexport const hub = memoryHub;\n';
  const files = { ...backendFiles, "src/keys.ts": text, "test/errors.test.ts": text };
  const redis = packageAt("backend-redis", files, {
    dependencies: { ...driver.dependencies, "@muster/backend-memory": "*" },
    devDependencies: { "@muster/backend-memory": "*" },
  });
  expect(lines(filterPackage, corePackage, memory, redis)).toEqual([
    "packages/backend-redis/package.json: may not depend on @muster/backend-memory",
    "packages/backend-redis/package.json: may not depend on @muster/backend-memory, not even in tests",
    'packages/backend-redis/src/keys.ts:1: src may not import "@muster/backend-memory"',
    'packages/backend-redis/test/errors.test.ts:1: tests may not import "@muster/backend-memory"',
  ]);
});

test.each([
  ["../../core/src/index.ts", "leaves the package"],
  ["../test/fixture.ts", "leaves src"],
  ["./index.js", "must end in .ts"],
  ["./index", "must end in .ts"],
  ["/index.ts", "is an absolute path"],
])("an import of %s is refused", (specifier, message) => {
  expect(
    complaints(packageAt("filter", { "src/x.ts": `export type { A } from "${specifier}";\nlet a = 1;\n` })),
  ).toContain(message);
});

test.each([
  ["two drivers", { dependencies: { ...driver.dependencies, redis: "5.0.0" } }],
  ["no driver", { dependencies: { "@muster/core": "*" } }],
])("a backend with %s is refused", (_, manifest) => {
  expect(complaints(packageAt("backend-redis", backendFiles, manifest))).toContain("must be 1");
});

test("core and filter take no third party beyond the few allowed", () => {
  const dependencies = { lodash: "4.0.0", "@opentelemetry/api": "1.0.0" };
  expect(complaints(packageAt("filter", {}, { dependencies }))).toBe(
    "packages/filter/package.json: may not depend on lodash",
  );
});

test("src names only what the package itself depends on, tests also its devDependencies", () => {
  const text = 'import fc from "fast-check";\nimport { readFile } from "node:fs";\nexport { fc, readFile };\n';
  const files = { "src/x.ts": text, "test/x.test.ts": text };
  const at = "packages/filter/src/x.ts:1";
  expect(complaints(packageAt("filter", files, { devDependencies: { "fast-check": "*" } }))).toBe(
    `${at}: "fast-check" is not among the package's own dependencies`,
  );
  expect(complaints(packageAt("filter", files))).toContain('test/x.test.ts:1: "fast-check" is not among');
});

test("a published package that no rule knows is refused", () => {
  expect(complaints(packageAt("surprise"))).toContain("no import rule for this package");
});

test.each(["src/options.ts", "src/codec.ts", "src/filter.ts", "test/conformance.test.ts", "CONFORMANCE.md"])(
  "a backend without %s is refused",
  (missing) => {
    const files = Object.fromEntries(Object.entries(backendFiles).filter(([path]) => path !== missing));
    expect(complaints(packageAt("backend-redis", files, driver))).toContain(`${missing} is missing`);
  },
);

test("a backend keeps to the file set, fills a slot and binds the kit in a few lines", () => {
  const { "src/registry.ts": _registry, "src/filter.ts": _filter, ...rest } = backendFiles;
  const files = { ...rest, "src/extra.ts": "", "test/conformance.test.ts": "\n".repeat(21) };
  const text = complaints(packageAt("backend-redis", files, driver));
  expect(text).toContain("fills no slot");
  expect(text).toContain("src/extra.ts: not in the file set of a backend");
  expect(text).toContain("more than 20 lines");
});

test.each([
  ["src/camelCase.ts", "kebab-case", ""],
  ["src/BigFolder/a.ts", "kebab-case", ""],
  ["src/utils.ts", "says nothing", ""],
  ["src/inner/index.ts", "index.ts is for doors", ""],
  ["src/all.ts", "barrel below the door", 'export {\n  one,\n} from "./index.ts";\n'],
  ["src/index.ts", "export by name", 'export * from "./one.ts";\n'],
  ["src/long.ts", "401 lines", "\n".repeat(401)],
])("the file %s is refused with: %s", (path, message, text) => {
  expect(complaints(packageAt("filter", { [path]: text }))).toContain(message);
});

test("a file over 250 lines is a warning, not an error", () => {
  const { problems } = checkWorkspace(
    workspaceOf(filterPackage, corePackage, packageAt("backend-memory", { "src/long.ts": "\n".repeat(251) })),
  );
  expect(problems).toMatchObject([{ severity: "warning", at: "packages/backend-memory/src/long.ts" }]);
});

test.each([
  [{ name: "@muster/other" }, "name must be @muster/filter"],
  [{ license: "MIT" }, "license must be Apache-2.0"],
  [{ type: "commonjs" }, "type must be module"],
  [{ version: "1.0.0" }, "version must be 0.x"],
  [{ description: "" }, "description is missing"],
  [{ private: true }, "must be publishable"],
  [{ sideEffects: true }, "sideEffects must be false"],
  [{ engines: {} }, "engines.node is missing"],
  [{ files: ["src"] }, "files must include dist"],
  [{ publishConfig: {} }, "publishConfig.access must be public"],
  [{ exports: {} }, 'exports has no "."'],
  [{ exports: { ".": "./dist/index.js" } }, "must point at ./src/"],
  [{ exports: { ".": "./src/absent.ts" } }, "which does not exist"],
  [{ exports: { ".": "./src/index.ts", "./two": "./src/index.ts" } }, 'publishConfig.exports "./two" must be'],
])("the manifest field %j is refused", (manifest, message) => {
  expect(complaints(packageAt("filter", {}, manifest))).toContain(message);
});

test("a package without README.md or LICENSE is refused", () => {
  const bare = { ...filterPackage, files: filterPackage.files.filter(({ path }) => path.startsWith("src/")) };
  expect(complaints(bare)).toContain("README.md is missing");
  expect(complaints(bare)).toContain("LICENSE is missing");
});

test.each([
  [["", "work", "main"].join("/"), "path of one machine"],
  [`"${["", "tmp", "x"].join("/")}"`, "path of one machine"],
  [["..", "shared", "x.md"].join("/"), "outside the repository"],
  [["https:/", "registry.example.org"].join("/"), "registry's host"],
  [`//host/:_${"authToken"}=1`, "configures a package registry"],
  [`npm install --${"registry"} x`, "configures a package registry"],
])("the text %j is refused in any file", (text, message) => {
  expect(complaints(packageAt("filter", { "README.md": `fine\n${text}\n` }))).toContain(
    `packages/filter/README.md:2: `,
  );
  expect(complaints(packageAt("filter", { "README.md": `fine\n${text}\n` }))).toContain(message);
});

test.each([".npmrc", ".yarnrc.yml", "pnpm-workspace.yaml", "package.json"])("%s may not name a registry", (path) => {
  for (const text of ["registry=x", "  registry: x", '"registry": "x"', "@scope:registry=x"]) {
    expect(checkText({ path: `packages/filter/${path}`, text: `{\n${text}\n` })).toMatchObject([
      { at: `packages/filter/${path}:2`, message: expect.stringContaining("configures a package registry") },
    ]);
  }
});

test("a variable of code may be called registry", () => {
  expect(checkText({ path: "packages/core/src/x.ts", text: "  registry = (plain) => plain,\n  registry: 1" })).toEqual(
    [],
  );
});
