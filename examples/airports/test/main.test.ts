import { execFile } from "node:child_process";
import { describe, expect, it } from "vitest";

const MAIN = new URL("../src/main.ts", import.meta.url).pathname;

interface Report {
  readonly registered: number;
  readonly multicasts: readonly { readonly receivedCount: number }[];
  readonly agree: boolean;
}

interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function demo(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env } };
    const child = execFile(process.execPath, ["--import", "tsx", MAIN, ...args], options, (_, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

describe("the demo", { timeout: 60_000 }, () => {
  it("reaches with every built-in mission exactly those whom its filter enumerates", async () => {
    const { exitCode, stdout, stderr } = await demo(["--json"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const document = JSON.parse(stdout) as Report;
    expect(Object.keys(document)).toEqual(["registered", "multicasts", "agree"]);
    expect(document).toMatchObject({ registered: 5210, agree: true });
    for (const multicast of document.multicasts) {
      expect(Object.keys(multicast)).toEqual(["filter", "targetCount", "deliveredCount", "receivedCount", "elapsedMs"]);
    }
    const counts = document.multicasts.map((multicast) => multicast.receivedCount);
    expect(counts).toEqual([44, 996, 78, 103, 1, 5210]); // As counted in the rows by other means.
  });

  it("runs a filter and a message of the user's own, and says what to try next", async () => {
    const { exitCode, stdout, stderr } = await demo([
      ...["--filter", '{"$identity":"LSZH"}'],
      ...["--message", "Grüezi"],
      ...["--processes", "1"],
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("“Grüezi”");
    expect(stdout).toMatch(/✓ your filter +1 +1 +1 /);
    expect(stdout).toContain("LSZH Zürich Airport");
    expect(stdout).toContain("Try next");
    expect(stdout).not.toContain("\u001B");
    expect(stderr).toContain("Registering airports: 5210 of 5210\n");
  });

  it.each(["at-least-once", "exactly-once"])("has everyone acknowledge it %s", async (delivery) => {
    const { exitCode, stdout, stderr } = await demo(["--json", "--delivery", delivery, "--filter", "null"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const everyone = { filter: null, targetCount: 5210, deliveredCount: 5210, receivedCount: 5210 };
    expect(JSON.parse(stdout)).toMatchObject({ registered: 5210, multicasts: [everyone], agree: true });
  });

  it("says what gets a PostgreSQL where there is none", async () => {
    const { exitCode, stdout, stderr } = await demo(["--store", "postgres"], { MUSTER_SERVERS: "none" });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(/^No postgres server: .+\. This gets one: .+\n$/);
  });

  it.each([
    ["an unknown option", ["--filtre", "{}"], "Unknown option '--filtre'.\n\nUsage: npm run demo"],
    ["a filter that is not JSON", ["--filter", "{"], "--filter is not JSON: "],
    ["a kill on memory", ["--kill"], "--kill needs --store file or postgres: a memory store dies with its process."],
    ["an empty filter", ["--json", "--filter", "{}"], "[INVALID_FILTER] "],
    [
      "a filter that is too deep",
      ["--filter", '{"$not":{"$not":{"$not":{"$not":{"$not":{"a":1}}}}}}'],
      "[FILTER_TOO_COMPLEX] ",
    ],
  ])("answers %s on stderr, without a stack, and exits with 2", async (_, args, expected) => {
    const { exitCode, stdout, stderr } = await demo(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(expected);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("explains itself when asked", async () => {
    const { exitCode, stdout } = await demo(["--help"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("--filter <json>");
    expect(stdout).toContain("--delivery <how>");
    expect(stdout).toContain("--store <where>");
    expect(stdout).toContain("--kill ");
  });
});
