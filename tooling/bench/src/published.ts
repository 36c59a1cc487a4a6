/** What is timed is what is published: compiled by tsc, without the helpers that a loader of TypeScript adds. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Compiles this package and those it measures, where they have changed. @throws Error with what tsc complains about. */
export async function compileAll(): Promise<void> {
  const tsc = fileURLToPath(new URL("../../../node_modules/typescript/bin/tsc", import.meta.url));
  try {
    await promisify(execFile)(process.execPath, [tsc, "-b"], { cwd: fileURLToPath(new URL("..", import.meta.url)) });
  } catch (error) {
    const said = error instanceof Error && "stdout" in error ? String(error.stdout) : String(error);
    throw new Error(`tsc -b failed:\n${said}`, { cause: error });
  }
}

/** Where tsc puts what it makes of a source file. */
export function compiledUrl(source: string): string {
  return source.replace("/src/", "/dist/").replace(/\.ts$/u, ".js");
}
