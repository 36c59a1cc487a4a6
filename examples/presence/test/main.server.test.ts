import { type ChildProcess, execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Step } from "@muster/servers/demo";
import { withServer } from "@muster/servers/vitest";
import { describe, expect, it } from "vitest";
import { COMPOSITIONS } from "../src/compositions.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Resolves when the demo and everything that it started have let go of their output. */
function demo(
  args: readonly string[],
  { env = {}, onOutput }: { env?: NodeJS.ProcessEnv; onOutput?: (child: ChildProcess) => void } = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env } };
    const child = execFile(process.execPath, ["--import", "tsx", MAIN, ...args], options, (_, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
    child.stdout?.once("data", () => onOutput?.(child));
  });
}

it("says what gets a server where there is none, and fails", async () => {
  const { exitCode, stdout, stderr } = await demo([], { env: { MUSTER_SERVERS: "none" } });
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr).toMatch(/^No redis server: .+\. This gets one: .+\n$/);
});

it("answers an unknown option with what there is", async () => {
  const { exitCode, stdout, stderr } = await demo(["--jason"]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toMatch(/^Unknown option '--jason'.*\n\nUsage: /);
});

it("answers what it can't run on with what it can", async () => {
  const { exitCode, stdout, stderr } = await demo(["--on", "paper"]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toContain("Unknown '--on paper'");
  for (const on of COMPOSITIONS.keys()) expect(stderr).toContain(on);
});

await withServer("redis", {}, () =>
  withServer("nats", {}, () => {
    describe("on servers", { timeout: 40_000 }, () => {
      it.each([...COMPOSITIONS])(
        "tells a program all of it, and that it is as it should be, on %s",
        async (on, { keeps }) => {
          const { exitCode, stdout, stderr } = await demo(["--on", on, "--json"]);
          expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
          const document = JSON.parse(stdout) as { readonly steps: readonly Step[]; readonly agree: boolean };
          expect(document.agree).toBe(true);
          expect(document.steps).toHaveLength(keeps ? 12 : 10);
          expect(document.steps[6]).toMatchObject({ failed: ["dave NO_ROUTE", "erin NO_ROUTE"], delivered: 3 });
        },
      );

      it("leaves nothing behind when it is interrupted", async () => {
        const { exitCode, stdout, stderr } = await demo([], { onOutput: (child) => child.kill("SIGINT") });
        expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: "" });
        expect(stdout).toContain("✓ Five users join on two nodes");
        expect(stdout).not.toContain("as it should be");
      });
    });
  }),
);
