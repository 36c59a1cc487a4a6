/** How long single commands hold a Redis server up while everything Muster asks of it is done once to everyone. */

import { setTimeout } from "node:timers/promises";
import { redisDurability, redisMessaging, redisRegistry } from "@muster/backend-redis";
import { defineSchema, type Fleet, openRegistry } from "@muster/core";
import type { RegistryBackend } from "@muster/core/slots";
import type { FilterInput } from "@muster/filter";
import { Redis } from "ioredis";
import { sensors } from "../documents.ts";
import { multicastToAll, PATIENT, Receivers, registerAll } from "../fleets.ts";
import { queueSteps } from "../queues/queue-steps.ts";
import { RedisWatch } from "../redis-watch.ts";
import { Disagreement, type Outcome, type Row, rowOf, type Scenario, type Settings, timingOf } from "../scenario.ts";
import { benchServer } from "../servers.ts";
import { BATCH, CALL, entryOf, identityOf } from "../store.ts";

export const redisSlowlogScenario: Scenario = {
  name: "redis-slowlog",
  about: "the longest single command of each kind that a Redis server is sent",
  defaultSize: 100_000,
  isPlayedOnce: true,
  needsServers: true,
  run,
};

const NAMESPACE = "bench";
const LIMIT_MS = 25;
const SHORT_TTL_MS = 1;
const TIMING = { ...PATIENT, reapIntervalMs: PATIENT.ttlMs };

const SCHEMA = defineSchema({
  fields: {
    site: { type: "string", index: true },
    battery: { type: "float", index: true },
    status: { type: "string", index: true },
  },
});
/** With an index more than those who are registered already have entries in. */
const LARGER_SCHEMA = defineSchema({
  fields: {
    site: { type: "string", index: true },
    battery: { type: "float", index: true },
    status: { type: "string", index: true },
    place: { type: "string", index: true },
  },
});

const FILTERS: Readonly<Record<string, FilterInput>> = {
  "equality, 0.1 %": { site: "s42" },
  "prefix, 1 %": { "site.startswith": "s11" },
  "range, 20 %": { "battery.lt": 0.2 },
  "two indexes, 15 %": { "battery.lt": 0.2, status: "online" },
  "equality, 78 %": { status: "online" },
  "no index": { "location.building": "B-7" },
};

async function run({ size }: Settings): Promise<Outcome> {
  await using server = await benchServer("redis");
  const { url } = server;
  const redis = new Redis(url);
  try {
    const watch = await RedisWatch.start(redis);
    const journal = new Journal(watch, size);
    await using registry = redisRegistry({ url });
    await registry.open({ namespace: NAMESPACE, schema: SCHEMA }, CALL);
    await fleetSteps(journal, url, registry, size);
    await journal.step("index backfill", () => backfill(url, watch));
    await journal.step("end of everyone at once", () => deleteAll(registry));
    await expirySteps(journal, registry, size);
    await using durability = redisDurability({ url });
    await durability.open({ namespace: NAMESPACE }, CALL);
    for (const [name, work] of queueSteps(durability, size)) await journal.step(name, work);
    const unbounded = await watch.unboundedCalls();
    const row = rowOf("KEYS, HGETALL, SMEMBERS, SINTER and their like", "", [unbounded], { atMost: 0 });
    return { rows: [...journal.rows, row], timings: journal.timings };
  } finally {
    redis.disconnect();
  }
}

/** What was done, in order. */
class Journal {
  readonly rows: Row[] = [];
  readonly timings: Outcome["timings"][number][] = [];
  readonly #watch: RedisWatch;
  readonly #size: number;

  constructor(watch: RedisWatch, size: number) {
    this.#watch = watch;
    this.#size = size;
  }

  async step(name: string, work: () => Promise<void>): Promise<void> {
    const start = performance.now();
    const longestMs = await this.#watch.longestMs(work);
    this.timings.push(timingOf(name, [performance.now() - start], this.#size));
    this.rows.push(rowOf(`longest command of: ${name}`, "ms", [longestMs], { atMost: LIMIT_MS }));
  }
}

/** Everything that goes through a fleet, and what is asked about its session. */
async function fleetSteps(journal: Journal, url: string, registry: RegistryBackend, size: number): Promise<void> {
  const receivers = new Receivers();
  const slots = { registry: redisRegistry({ url }), messaging: redisMessaging({ url }) };
  const fleet: Fleet = await openRegistry({ namespace: NAMESPACE, ...slots, schema: SCHEMA, timing: TIMING });
  await journal.step("register", () => registerAll([fleet], size, receivers));
  await journal.step("renew", () => renewAll(registry));
  await journal.step("scan of routes", () => readAll(registry.scanRoutes({ pageSize: BATCH }, CALL), size));
  await journal.step("scan", () => readAll(registry.scan({ pageSize: BATCH }, CALL), size));
  const session = fleet.status().session.id;
  await journal.step("listing of a session", () => readAll(registry.scan({ pageSize: BATCH, session }, CALL), size));
  for (const [name, filter] of Object.entries(FILTERS)) {
    await journal.step(`filter: ${name}`, async () => {
      for await (const _ of fleet.identities(filter)) continue;
    });
  }
  await journal.step("multicast", async () => {
    const answer = await multicastToAll(fleet, size, receivers);
    if (!answer.endsWith(`${size} received`)) throw new Disagreement(`of ${size}: ${answer}`);
  });
  await fleet.close({ leave: "offline" });
}

async function renewAll(registry: RegistryBackend): Promise<void> {
  for await (const page of registry.scanRoutes({ pageSize: BATCH }, CALL)) {
    await registry.renewMany(
      page.map(({ identity, epoch }) => ({ identity, epoch })),
      CALL,
    );
  }
}

async function readAll(pages: AsyncIterable<readonly unknown[]>, size: number): Promise<void> {
  let count = 0;
  for await (const page of pages) count += page.length;
  if (count !== size) throw new Disagreement(`${count} of ${size} were read`);
}

/** Whoever opens the registry with one more indexed field has the index filled, in the background. */
async function backfill(url: string, watch: RedisWatch): Promise<void> {
  await using registry = redisRegistry({ url });
  await registry.open({ namespace: NAMESPACE, schema: LARGER_SCHEMA }, CALL);
  await watch.untilAtRest();
}

async function deleteAll(registry: RegistryBackend): Promise<void> {
  for await (const page of registry.scanRoutes({ pageSize: BATCH }, CALL)) {
    await registry.deleteMany(
      page.map(({ identity, epoch }) => ({ identity, epoch })),
      CALL,
    );
  }
}

/** Registers everyone anew, for a millisecond each, and reaps them. */
async function expirySteps(journal: Journal, registry: RegistryBackend, size: number): Promise<void> {
  const documents = sensors(size);
  await journal.step("register without a session", async () => {
    for (let start = 0; start < size; start += BATCH) {
      const batch = documents.slice(start, start + BATCH);
      const entries = batch.map((metadata, offset) => entryOf(identityOf(start + offset), metadata));
      await registry.setMany(
        entries.map((entry) => ({ ...entry, ttlMs: SHORT_TTL_MS })),
        CALL,
      );
    }
  });
  await setTimeout(SHORT_TTL_MS + 1);
  await journal.step("reap of the expired, both steps", async () => {
    let steps = 0;
    for (;;) {
      const claims = await registry.reap({ limit: BATCH, claimMs: PATIENT.ttlMs, graceMs: 0 }, CALL);
      if (claims.length === 0) break;
      await registry.confirmMany(claims, CALL);
      steps += claims.length;
    }
    if (steps < 2 * size) throw new Disagreement(`${steps} steps were reaped of ${size} registrations`);
  });
}
