import { error } from "../problem.ts";
import type { Problem } from "../problem.ts";
import type { WorkspacePackage } from "../workspace.ts";

/** Which of our packages one may name: in `src` (and as a dependency), and besides in `test`. */
interface Direction {
  readonly src: readonly string[];
  readonly test: readonly string[];
  /** Other people's packages it may depend on; a number means "exactly so many, whichever they are". */
  readonly others: readonly string[] | number;
}

const filterDoors = ["@muster/filter", "@muster/filter/corpus"];
const coreDoors = ["@muster/core", "@muster/core/slots"];
const conformanceDoors = ["", "/vitest", "/node-test", "/processes", "/faults"].map(
  (door) => `@muster/conformance${door}`,
);
/** Real servers for tests, and processes of their own; private, so never in `src`. */
const serverDoors = ["", "/vitest", "/remote"].map((door) => `@muster/servers${door}`);
/** What tests of several backends share; private, too. */
const testingDoors = ["", "/compile", "/durability", "/filters", "/load", "/messaging", "/processes"].map(
  (door) => `@muster/testing${door}`,
);
const everywhere = "@opentelemetry/api";

/** The import rules of the published packages, by folder; undefined for a folder that has none yet. */
export function directionOf(folder: string): Direction | undefined {
  if (folder === "packages/filter") return { src: [], test: [], others: ["re2js"] };
  if (folder === "packages/core") {
    return { src: ["@muster/filter"], test: [...filterDoors, "@muster/backend-memory"], others: [] };
  }
  if (folder === "packages/conformance") {
    // vitest is an optional peer: only its binding imports it.
    return { src: [...coreDoors, ...filterDoors], test: ["@muster/backend-memory"], others: ["vitest"] };
  }
  if (folder.startsWith("packages/backend-")) {
    return {
      src: ["@muster/core/slots", "@muster/filter"],
      test: [...coreDoors, ...filterDoors, ...conformanceDoors, ...serverDoors, ...testingDoors],
      others: folder === "packages/backend-memory" ? 0 : 1,
    };
  }
  return undefined;
}

const isOurs = (name: string): boolean => name.startsWith("@muster/");

/** `@muster/core/slots` and `@muster/core` both belong to the package `@muster/core`. */
export function packageNameOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** Dependencies in package.json point the way the imports may point, and to no third party beyond the few allowed. */
export function checkDependencies(pkg: WorkspacePackage): readonly Problem[] {
  if (pkg.group !== "packages") return [];
  const at = `${pkg.folder}/package.json`;
  const direction = directionOf(pkg.folder);
  if (direction === undefined) return [error(at, "no import rule for this package: add one to tooling/structure")];
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = pkg.manifest;
  const runtime = Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies });
  const src = new Set(direction.src.map(packageNameOf));
  const test = new Set([...direction.src, ...direction.test].map(packageNameOf));
  const others = runtime.filter((name) => !isOurs(name) && name !== everywhere);
  const { others: allowed } = direction;
  const problems = [
    ...runtime.filter((name) => isOurs(name) && !src.has(name)).map((name) => error(at, `may not depend on ${name}`)),
    ...Object.keys(devDependencies ?? {})
      .filter((name) => isOurs(name) && !test.has(name))
      .map((name) => error(at, `may not depend on ${name}, not even in tests`)),
  ];
  if (typeof allowed === "number") {
    if (others.length !== allowed) {
      problems.push(error(at, `depends on ${others.length} drivers (${others.join(", ")}), must be ${allowed}`));
    }
    return problems;
  }
  return [
    ...problems,
    ...others.filter((name) => !allowed.includes(name)).map((name) => error(at, `may not depend on ${name}`)),
  ];
}
