import { spawnSync } from "node:child_process";

/** Runs a command to its end; `text` is all it said. */
export function outputOf(command: string, args: readonly string[], cwd: string): { ok: boolean; text: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  return { ok: status === 0, text: `${error?.message ?? ""}${stdout}${stderr}`.trim() };
}
