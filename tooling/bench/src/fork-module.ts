/** More processes of this package: what is measured sends to processes that really are others. */

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Compiled code forks compiled code; source, as the tests run it, forks source through tsx. */
const IS_SOURCE = import.meta.url.endsWith(".ts");
const LOADER = IS_SOURCE ? "tsx" : new URL("./published-loader.js", import.meta.url).href;

/**
 * Runs a module of this package, named by the URL of its source, in a process of its own. Its one argument is `plan` as
 * JSON. What the two tell each other may hold everything that structured cloning takes.
 *
 * @param flags more of Node's own
 */
export function forkModule(source: string, plan: unknown, flags: readonly string[] = []): ChildProcess {
  const module = IS_SOURCE ? source : source.replace(/\.ts$/u, ".js");
  return fork(fileURLToPath(module), [JSON.stringify(plan)], {
    execArgv: [...flags, "--import", LOADER],
    serialization: "advanced",
  });
}
