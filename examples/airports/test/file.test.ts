import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const MAIN = new URL("../src/main.ts", import.meta.url).pathname;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "muster-demo-"));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

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
function demo(
  args: readonly string[],
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, TMPDIR: folder } };
    const child = execFile(process.execPath, ["--import", "tsx", MAIN, ...args], options, (_, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

describe("the demo in a file", { timeout: 180_000 }, () => {
  it("loses nothing at least once when a process is killed in the middle, and leaves no file behind", async () => {
    const { exitCode, stdout, stderr } = await demo(["--json", "--store", "file", "--kill"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const { multicasts, ...rest } = JSON.parse(stdout) as Report;
    expect(rest).toEqual({ registered: 5210, agree: true });
    const { served = 0, before, after } = multicasts[0]?.kill ?? {};
    expect(served).toBe(652);
    expect(before?.pendingCount).toBeGreaterThanOrEqual(served / 2);
    expect(before?.pendingCount).toBeLessThanOrEqual(served);
    expect(after).toMatchObject({ deliveredCount: 5210, pendingCount: 0 });
    expect((await readdir(folder)).filter((name) => name.startsWith("muster-airports-"))).toEqual([]);
  });

  it("writes everything down exactly once, in a file that stays and takes the next run, and tells people what happened", async () => {
    const store = `file:${join(folder, "kept.db")}`;
    const args = ["--store", store, "--delivery", "exactly-once", "--filter", '{"country":"FR"}'];
    const killed = await demo([...args, "--kill"]);
    expect(killed.exitCode).toBe(0);
    expect(killed.stdout).toMatch(/The process that served \d+ of them was killed in the middle of it \(SIGKILL\)\./);
    expect(killed.stdout).toMatch(/away: \d+ delivered, \d+ pending \(SQLite keeps it until they are back\)/);
    expect(killed.stdout).toMatch(/back: \d+ delivered, 0 pending: nothing is lost/);
    expect(killed.stdout).toContain("what they wrote stands once for each of them");
    const again = await demo([...args, "--json"]);
    expect({ exitCode: again.exitCode, stderr: again.stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(JSON.parse(again.stdout)).toMatchObject({ registered: 5210, agree: true });
  });
});
