import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Step } from "@muster/servers/demo";
import { withServer } from "@muster/servers/vitest";
import { expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

await withServer("redis", {}, () =>
  withServer("nats", {}, () => {
    it("is on servers what it is on memory, and says so", { timeout: 40_000 }, async () => {
      const demo = promisify(execFile)(process.execPath, ["--import", "tsx", MAIN, "--json"]);
      const { stdout, stderr } = await demo; // Rejects unless it exits with 0.
      expect(stderr).toBe("");
      const document = JSON.parse(stdout) as { readonly steps: readonly Step[]; readonly agree: boolean };
      expect(document.agree).toBe(true);
      expect(document.steps).toHaveLength(8);
      expect(document.steps[5]).toMatchObject({ targets: 3, delivered: 2, failed: ["payment-2 NO_ROUTE"] });
    });
  }),
);
