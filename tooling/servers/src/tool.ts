import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What the command writes. @throws Error when it fails, with what it says. */
export async function runTool([program = "", ...args]: readonly string[], directory: string): Promise<string> {
  const { stdout } = await run(program, args, { cwd: directory, encoding: "utf8" });
  return stdout;
}
