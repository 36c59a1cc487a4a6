/** Relays in processes of their own, of which one stands still for longer than its leases last. */

import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createRequire } from "node:module";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { postgresDurability, postgresOutbox, postgresRegistry } from "@muster/backend-postgres";
import { openRegistry } from "@muster/core";
import type { DurabilityBackend } from "@muster/core/slots";
import { withServer } from "@muster/servers/vitest";
import { Client } from "pg";
import { expect, test } from "vitest";

const LEASE_MS = 1_000;
const IDENTITIES = Array.from({ length: 40 }, (_, index) => `device-${index}`);
const SENT = 24;
const RELAY = fileURLToPath(new URL("../src/relay-process.ts", import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const SEEDS = Array.from({ length: Number(process.env["MUSTER_FROZEN"] ?? 3) }, (_, seed) => seed + 1);

interface Relay extends Disposable {
  readonly process: ChildProcess;
}

async function relayOf(url: string, namespace: string): Promise<Relay> {
  const child = fork(RELAY, [url, namespace, String(LEASE_MS)], { execArgv: ["--import", TSX] });
  await once(child, "message");
  return { process: child, [Symbol.dispose]: () => void child.kill("SIGKILL") };
}

/** What lies in the queues, each identity's in order. */
async function queuesIn(durability: DurabilityBackend): Promise<ReadonlyMap<string, readonly string[]>> {
  const call = { signal: AbortSignal.timeout(60_000) };
  const attached = IDENTITIES.map((identity) => ({ identity, epoch: Number.MAX_SAFE_INTEGER }));
  await durability.attachMany("reader", attached, call);
  const options = { max: 1_000, maxPerIdentity: 1_000, waitMs: 0, leaseMs: 60_000 };
  const queues = new Map<string, string[]>(IDENTITIES.map((identity) => [identity, []]));
  for (;;) {
    const leased = await durability.dequeue("reader", options, call);
    if (leased.length === 0) return queues;
    for (const { message, recipients } of leased)
      for (const { identity } of recipients) queues.get(identity)?.push(new TextDecoder().decode(message.payload));
  }
}

async function relaysIn(client: Client, namespace: string): Promise<number> {
  const text = `select count(*) as n from muster.outbox_relays join muster.durable_spaces using (space)
    where namespace = $1 and until > muster.now_ms()`;
  const { rows } = await client.query<{ n: string }>(text, [namespace]);
  return Number(rows[0]?.n);
}

await withServer("postgres", {}, (server) => {
  const url = `${server.url}/postgres`;

  test.each(SEEDS)(
    "of two relays one is frozen past its leases and thawed: everyone gets everything, once and in order (seed %i)",
    { timeout: 120_000 },
    async (seed) => {
      const namespace = `frozen-${randomUUID()}`;
      const options = { url, maxConnections: 4 };
      await using fleet = await openRegistry({
        namespace,
        registry: postgresRegistry(options),
        durability: postgresDurability(options),
        outbox: postgresOutbox(options),
        relay: false,
      });
      for (const identity of IDENTITIES) await fleet.register(identity, {});
      using frozen = await relayOf(url, namespace);
      using other = await relayOf(url, namespace);
      const client = new Client({ connectionString: url });
      await client.connect();
      const send = async (text: string): Promise<void> => {
        await client.query("begin");
        await fleet.multicast(null, text, { transaction: client });
        await client.query("commit");
      };
      const untilEmpty = async (): Promise<void> => {
        while ((await fleet.backlog()).deliveries > 0) await delay(20);
      };
      const texts = Array.from({ length: SENT }, (_, index) => `text ${index}`);
      for (const [index, text] of texts.entries()) {
        if (index === (seed * 7) % (SENT / 2)) {
          await delay(seed % 5); // It is in the middle of something else each time.
          frozen.process.kill("SIGSTOP");
        }
        await send(text);
      }
      await untilEmpty();
      frozen.process.kill("SIGCONT");
      // It goes on behind whatever it was in the middle of.
      while ((await relaysIn(client, namespace)) < 2) await delay(20);
      await send("the last");
      await untilEmpty();
      await client.end();
      expect([frozen.process.exitCode, other.process.exitCode]).toEqual([null, null]);
      await using durability = postgresDurability(options);
      await durability.open({ namespace }, { signal: AbortSignal.timeout(30_000) });
      const queues = await queuesIn(durability);
      expect(queues).toEqual(new Map(IDENTITIES.map((identity) => [identity, [...texts, "the last"]])));
    },
  );
});
