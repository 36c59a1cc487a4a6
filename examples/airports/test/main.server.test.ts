import { execFile } from "node:child_process";
import { withServer } from "@muster/servers/vitest";
import { describe, expect, it } from "vitest";

const MAIN = new URL("../src/main.ts", import.meta.url).pathname;

interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Counts {
  readonly deliveredCount: number;
  readonly pendingCount: number;
}

interface Report {
  readonly multicasts: readonly {
    readonly receivedCount: number;
    readonly kill?: { readonly served: number; readonly before: Counts; readonly after: Counts };
  }[];
}

/** Resolves when the demo and everything that it started have let go of their output. */
function demo(args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ["--import", "tsx", MAIN, ...args], (_, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

await withServer("postgres", {}, ({ url }) => {
  describe("the demo on PostgreSQL", { timeout: 120_000 }, () => {
    it("reaches everyone at most once", async () => {
      const { exitCode, stdout, stderr } = await demo(["--json", "--store", url, "--filter", "null"]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(JSON.parse(stdout)).toMatchObject({
        registered: 5210,
        multicasts: [{ receivedCount: 5210 }],
        agree: true,
      });
    });

    it("loses nothing at least once when a process is killed in the middle", async () => {
      const { exitCode, stdout, stderr } = await demo(["--json", "--store", url, "--kill"]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      const { multicasts, ...rest } = JSON.parse(stdout) as Report;
      expect(rest).toEqual({ registered: 5210, agree: true });
      expect(multicasts).toHaveLength(1);
      const { served = 0, before, after } = multicasts[0]?.kill ?? {};
      expect(served).toBe(652);
      expect(before?.pendingCount).toBeGreaterThanOrEqual(served / 2);
      expect(before?.pendingCount).toBeLessThanOrEqual(served);
      expect(before).toMatchObject({ deliveredCount: 5210 - Number(before?.pendingCount) });
      expect(after).toMatchObject({ deliveredCount: 5210, pendingCount: 0 });
    });

    it("writes everything down exactly once, and tells people what happened", async () => {
      const args = ["--store", url, "--kill", "--delivery", "exactly-once", "--filter", '{"country":"FR"}'];
      const { exitCode, stdout } = await demo(args);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/The process that served \d+ of them was killed in the middle of it \(SIGKILL\)\./);
      expect(stdout).toMatch(/away: \d+ delivered, \d+ pending \(PostgreSQL keeps it until they are back\)/);
      expect(stdout).toMatch(/back: \d+ delivered, 0 pending: nothing is lost/);
      expect(stdout).toContain("what they wrote stands once for each of them");
    });
  });
});
