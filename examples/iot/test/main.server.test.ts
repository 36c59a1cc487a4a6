import { type ChildProcess, execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Step } from "@muster/servers/demo";
import { withServer } from "@muster/servers/vitest";
import { Kafka, logLevel } from "kafkajs";
import { Client } from "pg";
import { describe, expect, it } from "vitest";

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
  expect(stderr).toMatch(/^No postgres server: .+\. This gets one: .+\n$/);
});

await withServer("postgres", {}, ({ url: postgres }) =>
  withServer("kafka", {}, ({ url: kafka }) => {
    const env = { MUSTER_POSTGRES_URL: postgres, MUSTER_KAFKA_URL: kafka };

    async function schemas(): Promise<readonly unknown[]> {
      const client = new Client({ connectionString: postgres });
      await client.connect();
      const { rows } = await client.query<{ nspname: string }>(
        "select nspname from pg_namespace where nspname ~ '^iot_'",
      );
      await client.end();
      return rows;
    }

    async function topics(): Promise<readonly string[]> {
      const admin = new Kafka({ brokers: [new URL(kafka).host], logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      const all = await admin.listTopics();
      await admin.disconnect();
      return all.filter((topic) => topic.startsWith("iot_"));
    }

    describe("on servers", { timeout: 60_000 }, () => {
      it("tells a program all of it, that it is as it should be, and leaves nothing behind", async () => {
        const { exitCode, stdout, stderr } = await demo(["--json"], { env });
        expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
        const document = JSON.parse(stdout) as { readonly steps: readonly Step[]; readonly agree: boolean };
        expect(document.agree).toBe(true);
        expect(document.steps).toHaveLength(11);
        expect(document.steps[7]).toMatchObject({ targets: 4, delivered: 3, pending: ["tracker-7"] });
        expect(document.steps[8]).toMatchObject({ delivered: 4, deeds: [{ device: "tracker-7", attempt: 2 }] });
        expect(await schemas()).toEqual([]);
        expect(await topics()).toEqual([]);
      });

      it("leaves nothing behind when it is interrupted", async () => {
        const { exitCode, stdout, stderr } = await demo([], { env, onOutput: (child) => child.kill("SIGINT") });
        expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: "" });
        expect(stdout).toContain("✓ Eight devices register");
        expect(stdout).not.toContain("as it should be");
        expect(await schemas()).toEqual([]);
        expect(await topics()).toEqual([]);
      });
    });
  }),
);
