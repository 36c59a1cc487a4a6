import { importsOf } from "./imports.ts";
import { error } from "./problem.ts";
import type { Problem } from "./problem.ts";
import { checkBackendFiles } from "./rules/backend.ts";
import { checkDependencies } from "./rules/dependencies.ts";
import { checkFile } from "./rules/files.ts";
import { checkImports } from "./rules/imports.ts";
import { checkManifest } from "./rules/manifest.ts";
import { checkText } from "./rules/text.ts";
import type { TextFile, Workspace } from "./workspace.ts";

/** What was looked at, so that a check of nothing can be told from a clean one. */
interface Examined {
  readonly packages: number;
  readonly modules: number;
  readonly imports: number;
  readonly files: number;
}

/** The outcome of all rules; the counts that are 0 are problems themselves. */
export interface Findings {
  readonly examined: Examined;
  readonly problems: readonly Problem[];
}

const isModule = ({ path }: TextFile): boolean => path.endsWith(".ts");

/** Applies every rule to the workspace. Pure: the same workspace gives the same findings in the same order. */
export function checkWorkspace(workspace: Workspace): Findings {
  const modules = workspace.packages.flatMap((pkg) => pkg.files.filter(isModule).map((file) => ({ pkg, file })));
  const examined: Examined = {
    packages: workspace.packages.filter(({ group }) => group === "packages").length,
    modules: modules.length,
    imports: modules.reduce((sum, { file }) => sum + importsOf(file.text).length, 0),
    files: workspace.files.length,
  };
  const nothing = Object.entries(examined).filter(([, count]) => count === 0);
  return {
    examined,
    problems: [
      ...nothing.map(([what]) => error(what, "examined none: the check is looking in the wrong place")),
      ...workspace.packages.flatMap((pkg) => [
        ...checkManifest(pkg),
        ...checkDependencies(pkg),
        ...checkBackendFiles(pkg),
      ]),
      ...modules.flatMap(({ pkg, file }) => [...checkFile(pkg, file), ...checkImports(pkg, file, workspace)]),
      ...workspace.files.flatMap(checkText),
    ],
  };
}
