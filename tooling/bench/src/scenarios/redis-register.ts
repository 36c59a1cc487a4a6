/** What a register over Redis costs, one after the other and many at once, against a bare SET with an expiry. */

import { redisRegistry } from "@muster/backend-redis";
import type { RegistryBackend } from "@muster/core/slots";
import { Redis } from "ioredis";
import { sensors } from "../documents.ts";
import { BareSets, type RedisWrites } from "../redis-writers.ts";
import { FleetRegisters, SlotWrites } from "../registry-writers.ts";
import { playRounds, type Rounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { benchServer } from "../servers.ts";
import { BATCH } from "../store.ts";

export const redisRegisterScenario: Scenario = {
  name: "redis-register",
  about: "registers over Redis, one by one and many at once, against SET with an expiry",
  defaultSize: 10_000,
  needsServers: true,
  run,
};

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using server = await benchServer("redis");
  const redis = new Redis(server.url);
  try {
    const registry = (): RegistryBackend => redisRegistry({ url: server.url });
    const all = { redis, registry, documents: sensors(size) };
    const single = await singly({ ...all, documents: all.documents.slice(0, Math.ceil(size / 10)), atOnce: 1 }, rounds);
    const many = await together({ ...all, atOnce: BATCH }, rounds);
    const bare = { atLeast: 0.75 };
    const pipelined = { atLeast: 0.7, floor: 0.5 };
    return {
      rows: [
        rowOf("speed of register, one by one / SET", "×", single.speedup("register", "SET"), bare),
        rowOf("… of setMany of 1", "×", single.speedup("setMany of 1", "SET"), bare),
        rowOf("speed of register, all at once / pipelined SET", "×", many.speedup("registers", "SETs"), pipelined),
        rowOf("… of setMany of 1,000", "×", many.speedup("setMany of 1,000", "SETs"), pipelined),
      ],
      timings: [...single.timings, ...many.timings],
    };
  } finally {
    redis.disconnect();
  }
}

async function singly(writes: RedisWrites, rounds: number): Promise<Rounds> {
  await using slot = await SlotWrites.open("setMany of 1", writes);
  await using fleet = await FleetRegisters.open("register", writes);
  return await playRounds([new BareSets("SET", writes), slot, fleet], { rounds, size: writes.documents.length });
}

async function together(writes: RedisWrites, rounds: number): Promise<Rounds> {
  const size = writes.documents.length;
  await using slot = await SlotWrites.open("setMany of 1,000", writes);
  await using fleet = await FleetRegisters.open("registers", { ...writes, atOnce: size });
  return await playRounds([new BareSets("SETs", writes), slot, fleet], { rounds, size });
}
