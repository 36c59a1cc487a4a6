/** More processes of this package: what is measured sends to processes that really are others. */

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Compiled code forks compiled code; source, as the tests run it, forks source through tsx. */
const IS_SOURCE = import.meta.url.endsWith(".ts");
const LOADER = IS_SOURCE ? "tsx" : new URL("./published-loader.js", import.meta.url).href;

/**
 * Runs the module at `path` below `src`, named without its ending, in a process of its own that ends with this one. Its
 * one argument is `plan` as JSON. What the two tell each other may hold everything that structured cloning takes.
 */
export function forkModule(path: string, plan: unknown): ChildProcess {
  const module = new URL(`./${path}${IS_SOURCE ? ".ts" : ".js"}`, import.meta.url);
  return fork(fileURLToPath(module), [JSON.stringify(plan)], {
    execArgv: ["--import", LOADER, ...(process.env["MUSTER_BENCH_FLAGS"]?.split(" ") ?? [])],
    serialization: "advanced",
  });
}
