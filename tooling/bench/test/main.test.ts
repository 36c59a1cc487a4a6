import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

function bench(...argv: readonly string[]): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const main = fileURLToPath(import.meta.resolve("../src/main.ts"));
  return spawnSync(process.execPath, ["--import", import.meta.resolve("tsx"), main, ...argv], { encoding: "utf8" });
}

test("a wrong command line is a sentence and the usage on stderr, with exit code 2", { timeout: 60_000 }, () => {
  const { status, stdout, stderr } = bench("--size", "many");
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^--size takes a whole number above 0, not "many"\.\n\nUsage: /);
});

test("--json - leaves stdout to the JSON alone, and the table to stderr", { timeout: 60_000 }, () => {
  const { status, stdout, stderr } = bench("filter", "--size", "200", "--rounds", "1", "--json", "-");
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ scenarios: [{ scenario: "filter", size: 200, rounds: 1 }] });
  expect(stderr).toMatch(/^filter · N = 200 · 1 round\n/);
});
