import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Where the modules are that these processes run. */
export const FIXTURES: string = fileURLToPath(new URL("fixtures/", import.meta.url));

/** Runs Node, which understands TypeScript here, in {@link FIXTURES}. */
export function node(args: readonly string[], env: Readonly<Record<string, string>> = {}): Ended {
  // Test runners change their ways when they notice that they run below another one.
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, VITEST: _vitest, ...outer } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", ...args], {
    cwd: FIXTURES,
    encoding: "utf8",
    timeout: 25_000,
    env: { ...outer, ...env },
  });
  return { code: status, out: stdout, err: stderr };
}
