/** What four processes take of a server: keys, connections, and commands while there is nothing to do. */

import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openRegistry } from "@muster/core";
import { freshNamespace } from "@muster/testing";
import { Processes } from "@muster/testing/processes";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { redisDurability, redisMessaging, redisRegistry } from "../../src/index.ts";
import { withOwnServer } from "../recovery/support.ts";

const PROCESSES = 4;
const ATTENDING = fileURLToPath(new URL("attending-process.ts", import.meta.url));
const IDLE_MS = 10_000;
/** Of each process: one for each of the three slots, and the one on which messages come. */
const CONNECTIONS = 4;
/** Of each process in a second: a ping on each connection, and polls, renewals and what looks for ends. */
const IDLE_COMMANDS = 10;

interface Footprint {
  /** Names without what is between colons behind the kind, and how many there are of each. */
  readonly keys: Readonly<Record<string, number>>;
  readonly connections: number;
  readonly idle: Idle;
}

async function numberIn(redis: Redis, section: string, name: string): Promise<number> {
  return Number(new RegExp(`^${name}:(\\d+)`, "m").exec(await redis.info(section))?.[1]);
}

async function keysOf(redis: Redis): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const key of await redis.keys("*:queues:*")) {
    const [kind = ""] = (key.split(":queues:")[1] ?? "").split(":");
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

interface Idle {
  /** Of clients, whatever they are. */
  readonly sentPerSecond: number;
  /** Of scripts, which are among these. */
  readonly calledPerSecond: number;
}

async function idleOf(url: string): Promise<Idle> {
  const watching = await new Redis(url).monitor();
  try {
    let [sent, called] = [0, 0];
    watching.on("monitor", (_time: string, _args: readonly string[], source: string) => {
      if (source === "lua") called += 1;
      else sent += 1;
    });
    const at = performance.now();
    await delay(IDLE_MS);
    const seconds = (performance.now() - at) / 1_000;
    return { sentPerSecond: sent / seconds, calledPerSecond: called / seconds };
  } finally {
    watching.disconnect();
  }
}

/** With one message to everyone, handled. */
async function footprintOf(url: string, count: number): Promise<Footprint> {
  const namespace = freshNamespace();
  const redis = new Redis(url);
  await redis.flushall();
  const before = await numberIn(redis, "clients", "connected_clients");
  const share = count / PROCESSES;
  const shares = Array.from({ length: PROCESSES }, (_, n) => [url, namespace, n * share, share].map(String));
  try {
    await using _processes = await Processes.start(ATTENDING, shares);
    const connections = (await numberIn(redis, "clients", "connected_clients")) - before;
    const slots = { registry: redisRegistry({ url }), messaging: redisMessaging({ url }) };
    const sender = await openRegistry({ namespace, ...slots, durability: redisDurability({ url }) });
    const { deliveredCount } = await sender.multicast(null, "hello", { delivery: "at-least-once", timeoutMs: 60_000 });
    expect(deliveredCount).toBe(count);
    await sender.close();
    const keys = await keysOf(redis);
    return { keys, connections, idle: await idleOf(url) };
  } finally {
    redis.disconnect();
  }
}

await withOwnServer({}, ({ url }) => {
  test("a hundred identities or ten thousand in four processes: as many keys, connections and idle commands", {
    timeout: 180_000,
  }, async () => {
    const [few, many] = [await footprintOf(url, 100), await footprintOf(url, 10_000)];
    const one = { attached: 1, expiring: 1, ids: 1, known: 1, m: 1, numbers: 1, sessions: 1, versions: 1 };
    for (const { keys } of [few, many]) {
      const { leases = 0, ...others } = keys; // A lease that was acknowledged in parts is forgotten when its time is over.
      expect(others).toEqual({ ...one, plain: PROCESSES });
      expect(leases).toBeLessThanOrEqual(PROCESSES);
    }
    expect([few.connections, many.connections]).toEqual([CONNECTIONS * PROCESSES, CONNECTIONS * PROCESSES]);
    expect(few.idle.sentPerSecond).toBeLessThan(IDLE_COMMANDS * PROCESSES);
    // It has nothing to do with how many they are.
    expect(many.idle.sentPerSecond).toBeLessThan(few.idle.sentPerSecond + PROCESSES);
    expect(many.idle.calledPerSecond).toBeLessThan(few.idle.calledPerSecond + 2 * PROCESSES);
  });
});
