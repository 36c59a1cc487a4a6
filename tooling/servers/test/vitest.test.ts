import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const door = fileURLToPath(new URL("../src/vitest.ts", import.meta.url));
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "muster-with-server-"));
  const text = `import { withServer } from ${JSON.stringify(door)};
    await withServer("redis", {}, () => { test("never", () => {}); });`;
  writeFileSync(join(folder, "a.test.ts"), text);
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(environment: NodeJS.ProcessEnv): { readonly output: string; readonly code: number | null } {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [vitest, "run", "--root", folder, "--globals", "--reporter", "verbose"],
    {
      encoding: "utf8",
      env: { ...process.env, CI: "", MUSTER_REQUIRE: "", NO_COLOR: "1", MUSTER_SERVERS: "none", ...environment },
    },
  );
  return { output: stdout + stderr, code: status };
}

test("without a server there is one skipped test whose name says so, with the command", () => {
  const { output, code } = run({});
  expect(output).toContain("NOT RUN: needs redis (unset MUSTER_SERVERS)");
  expect(output).toMatch(/Tests +1 skipped/);
  expect(code).toBe(0);
});

test.each([{ CI: "true" }, { CI: "1" }, { MUSTER_REQUIRE: "all" }])("with %o it fails instead", (environment) => {
  const { output, code } = run(environment);
  expect(output).toContain("NOT RUN: needs redis (unset MUSTER_SERVERS)");
  expect(output).toMatch(/Tests +1 failed/);
  expect(code).toBe(1);
});

test("CI=false is no CI", () => {
  expect(run({ CI: "false" }).code).toBe(0);
});

test("what no distribution has may be missing in CI, too", () => {
  const text = `import { withServer } from ${JSON.stringify(door)};
    await withServer("nats-current", {}, () => { test("never", () => {}); });`;
  writeFileSync(join(folder, "a.test.ts"), text);
  const { output, code } = run({ CI: "true" });
  expect(output).toContain("NOT RUN: needs nats-current (unset MUSTER_SERVERS)");
  expect(code).toBe(0);
});
