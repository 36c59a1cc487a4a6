import { posix } from "node:path";
import { importsOf } from "../imports.ts";
import type { ImportedName } from "../imports.ts";
import { error } from "../problem.ts";
import type { Problem } from "../problem.ts";
import type { TextFile, Workspace, WorkspacePackage } from "../workspace.ts";
import { directionOf, packageNameOf } from "./dependencies.ts";

function relativeProblem(file: TextFile, specifier: string): string | undefined {
  const target = posix.join(posix.dirname(file.path), specifier);
  if (target.startsWith("../")) return `"${specifier}" leaves the package: import it by name`;
  if (file.path.startsWith("src/") && !target.startsWith("src/")) return `"${specifier}" leaves src`;
  return /\.(?:ts|json)$/.test(specifier) ? undefined : `"${specifier}" must end in .ts`;
}

function oursProblem(pkg: WorkspacePackage, file: TextFile, specifier: string, all: Workspace): string | undefined {
  const target = all.packages.find(({ manifest }) => manifest.name === packageNameOf(specifier));
  if (target === undefined) return `"${specifier}" is no package of this workspace`;
  const door = `.${specifier.slice(packageNameOf(specifier).length)}`;
  if (target.manifest.exports?.[door] === undefined) return `"${specifier}" is no door of ${target.manifest.name}`;
  const direction = directionOf(pkg.folder);
  if (direction === undefined) return undefined;
  const inTest = file.path.startsWith("test/");
  const allowed = inTest ? [...direction.src, ...direction.test, pkg.manifest.name] : direction.src;
  return allowed.includes(specifier) ? undefined : `${inTest ? "tests" : "src"} may not import "${specifier}"`;
}

function othersProblem(pkg: WorkspacePackage, file: TextFile, specifier: string): string | undefined {
  if (specifier.startsWith("node:")) return undefined;
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = pkg.manifest;
  const runtime = { ...dependencies, ...peerDependencies, ...optionalDependencies };
  const shipped = pkg.group === "packages" && file.path.startsWith("src/");
  const declared = Object.keys(shipped ? runtime : { ...runtime, ...devDependencies });
  if (declared.includes(packageNameOf(specifier))) return undefined;
  return `"${specifier}" is not among the package's own ${shipped ? "dependencies" : "(dev)dependencies"}`;
}

function problemOf(pkg: WorkspacePackage, file: TextFile, name: ImportedName, all: Workspace): string | undefined {
  const { specifier } = name;
  if (specifier.startsWith(".")) return relativeProblem(file, specifier);
  if (specifier.startsWith("/")) return `"${specifier}" is an absolute path`;
  return specifier.startsWith("@muster/")
    ? oursProblem(pkg, file, specifier, all)
    : othersProblem(pkg, file, specifier);
}

/**
 * Imports stay in their package, end in `.ts`, reach our other packages only by doors that the direction allows, and
 * name other people's packages only where the importing package itself declares them: the root's are not published.
 */
export function checkImports(pkg: WorkspacePackage, file: TextFile, all: Workspace): readonly Problem[] {
  return importsOf(file.text).flatMap((name) => {
    const message = problemOf(pkg, file, name, all);
    return message === undefined ? [] : [error(`${pkg.folder}/${file.path}:${name.line}`, message)];
  });
}
