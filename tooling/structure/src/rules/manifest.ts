import { error } from "../problem.ts";
import type { Problem } from "../problem.ts";
import type { WorkspacePackage } from "../workspace.ts";

/** What a door at `./src/x.ts` looks like once it is built. */
function published(target: string): string {
  const built = target.replace(/^\.\/src\//, "./dist/").replace(/\.ts$/, "");
  return JSON.stringify({ types: `${built}.d.ts`, default: `${built}.js` });
}

function doorProblems(pkg: WorkspacePackage): readonly string[] {
  const doors = pkg.manifest.exports ?? {};
  const builtDoors = pkg.manifest.publishConfig?.exports ?? {};
  const paths = new Set(pkg.files.map(({ path }) => `./${path}`));
  if (doors["."] === undefined) return ['exports has no "."'];
  const problems = Object.keys(builtDoors)
    .filter((door) => doors[door] === undefined)
    .map((door) => `publishConfig.exports has "${door}", exports has not`);
  for (const [door, target] of Object.entries(doors)) {
    if (typeof target !== "string" || !/^\.\/src\/.+\.ts$/.test(target)) {
      problems.push(`exports "${door}" must point at ./src/….ts`);
    } else if (!paths.has(target)) {
      problems.push(`exports "${door}" points at ${target}, which does not exist`);
    } else if (JSON.stringify(builtDoors[door]) !== published(target)) {
      problems.push(`publishConfig.exports "${door}" must be ${published(target)}`);
    }
  }
  return problems;
}

function publishableProblems(pkg: WorkspacePackage): readonly string[] {
  const { manifest } = pkg;
  const paths = new Set(pkg.files.map(({ path }) => path));
  const checks: readonly (readonly [boolean, string])[] = [
    [manifest.private !== true, "must be publishable: remove private"],
    [/^0\.\d+\.\d+/.test(manifest.version ?? ""), "version must be 0.x"],
    [(manifest.description ?? "").length > 10, "description is missing"],
    [manifest.sideEffects === false, "sideEffects must be false"],
    [manifest.engines?.["node"] !== undefined, "engines.node is missing"],
    [manifest.publishConfig?.access === "public", "publishConfig.access must be public"],
    [manifest.files?.includes("dist") === true, "files must include dist"],
    [manifest.files?.includes("!dist/*.tsbuildinfo") === true, "files must leave out dist/*.tsbuildinfo"],
    [paths.has("README.md"), "README.md is missing"],
    [paths.has("LICENSE"), "LICENSE is missing"],
  ];
  return [...checks.filter(([holds]) => !holds).map(([, message]) => message), ...doorProblems(pkg)];
}

/** The metadata that a user of a published package relies on; tooling and examples are private. */
export function checkManifest(pkg: WorkspacePackage): readonly Problem[] {
  const { group, folder, manifest } = pkg;
  const name = folder.split("/").at(-1) ?? "";
  const expectedName = group === "examples" ? `@muster/example-${name}` : `@muster/${name}`;
  const messages = [
    ...(manifest.name === expectedName ? [] : [`name must be ${expectedName}`]),
    ...(manifest.license === "Apache-2.0" ? [] : ["license must be Apache-2.0"]),
    ...(manifest.type === "module" ? [] : ["type must be module"]),
    ...(group === "packages" ? publishableProblems(pkg) : []),
    ...(group !== "packages" && manifest.private !== true ? [`${group} are private`] : []),
  ];
  return messages.map((message) => error(`${folder}/package.json`, message));
}
