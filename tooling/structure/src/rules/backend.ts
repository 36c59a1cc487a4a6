import { error } from "../problem.ts";
import type { Problem } from "../problem.ts";
import type { WorkspacePackage } from "../workspace.ts";

const always = ["index", "options", "client", "keys", "codec", "errors"];
const slots = ["registry", "messaging", "durability", "outbox"];
const conformanceLines = 20;

/**
 * Every backend has the same files, so that who knows one knows all. An unfilled slot's file is absent, `filter` comes
 * with a registry, folders below `src` are free. The memory backend has no server and no driver and is exempt.
 */
export function checkBackendFiles(pkg: WorkspacePackage): readonly Problem[] {
  const backend = /^packages\/backend-(.+)$/.exec(pkg.folder)?.[1];
  if (backend === undefined || backend === "memory") return [];
  const paths = new Set(pkg.files.map(({ path }) => path));
  const hasRegistry = paths.has("src/registry.ts");
  const filled = slots.filter((slot) => paths.has(`src/${slot}.ts`));
  const sources = [...always, ...filled, ...(hasRegistry ? ["filter"] : [])].map((name) => `src/${name}.ts`);
  const expected = [
    ...sources,
    "test/conformance.test.ts",
    "test/errors.test.ts",
    ...(hasRegistry ? ["test/filter.test.ts"] : []),
    `test/${backend}.server.test.ts`,
    "README.md",
    "CONFORMANCE.md",
  ];
  const extra = [...paths].filter((path) => /^src\/[^/]+$/.test(path) && !sources.includes(path));
  const conformance = pkg.files.find(({ path }) => path === "test/conformance.test.ts");
  const problems = [
    ...expected.filter((path) => !paths.has(path)).map((path) => error(pkg.folder, `${path} is missing`)),
    ...extra.map((path) => error(`${pkg.folder}/${path}`, "not in the file set of a backend; use a folder below src")),
  ];
  if (filled.length === 0) problems.push(error(pkg.folder, "fills no slot"));
  if (conformance !== undefined && conformance.text.split("\n").length - 1 > conformanceLines) {
    problems.push(
      error(`${pkg.folder}/${conformance.path}`, `more than ${conformanceLines} lines: move it to the kit`),
    );
  }
  return problems;
}
