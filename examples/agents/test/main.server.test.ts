import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Step } from "@muster/servers/demo";
import { withServer } from "@muster/servers/vitest";
import { expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

await withServer("postgres", {}, () => {
  it("loses no cancellation and makes none twice, whoever is killed, and says so", { timeout: 120_000 }, async () => {
    const demo = promisify(execFile)(process.execPath, ["--import", "tsx", MAIN, "--json"]);
    const { stdout, stderr } = await demo; // Rejects unless it exits with 0.
    expect(stderr).toBe("");
    const document = JSON.parse(stdout) as { readonly steps: readonly Step[]; readonly agree: boolean };
    expect(document.agree).toBe(true);
    expect(document.steps).toHaveLength(5);
    expect(document.steps[3]).toMatchObject({ missing: [], twice: [], unwanted: [] });
  });
});
