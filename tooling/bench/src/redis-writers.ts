/** Three ways to write the same documents into an empty Redis, as contenders; emptying it is not timed. */

import { redisRegistry } from "@muster/backend-redis";
import { type Fleet, openRegistry } from "@muster/core";
import type { RegistryBackend } from "@muster/core/slots";
import type { Redis } from "ioredis";
import type { Sensor } from "./documents.ts";
import { PATIENT } from "./fleets.ts";
import type { Contender } from "./rounds.ts";
import { CALL, entryOf, identityOf } from "./store.ts";

const TTL_MS = PATIENT.ttlMs;

/** What all three have in common: the server, and how many documents are on their way at once. */
export interface Writes {
  readonly redis: Redis;
  readonly url: string;
  readonly documents: readonly Sensor[];
  readonly atOnce: number;
}

/** `SET key json PX ttl`, in pipelines where several go at once. */
export class BareSets implements Contender {
  readonly name: string;
  readonly #writes: Writes;

  constructor(name: string, writes: Writes) {
    this.name = name;
    this.#writes = writes;
  }

  async prepare(): Promise<void> {
    await this.#writes.redis.flushall();
  }

  async run(): Promise<number> {
    const { redis } = this.#writes;
    return await inWaves(this.#writes, async (wave) => {
      const [only, second] = wave;
      if (only !== undefined && second === undefined) return (await redis.set(...setOf(only))) === "OK" ? 1 : 0;
      const pipeline = redis.pipeline();
      for (const numbered of wave) pipeline.set(...setOf(numbered));
      const replies = (await pipeline.exec()) ?? [];
      return replies.filter(([error]) => error === null).length;
    });
  }
}

/** `setMany` of the registry slot, without core. */
export class SlotWrites implements Contender, AsyncDisposable {
  readonly name: string;
  readonly #writes: Writes;
  #registry: RegistryBackend | undefined;

  constructor(name: string, writes: Writes) {
    this.name = name;
    this.#writes = writes;
  }

  async prepare(): Promise<void> {
    await this.#registry?.close();
    await this.#writes.redis.flushall();
    this.#registry = redisRegistry({ url: this.#writes.url });
    await this.#registry.open({ namespace: "bench" }, CALL);
  }

  async run(): Promise<number> {
    const registry = this.#registry;
    if (registry === undefined) return 0;
    return await inWaves(this.#writes, async (wave) => {
      const entries = wave.map(({ identity, document }) => ({ ...entryOf(identity, document), ttlMs: TTL_MS }));
      const outcomes = await registry.setMany(entries, CALL);
      return outcomes.filter((outcome) => "stored" in outcome).length;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#registry?.close();
  }
}

/** `fleet.register`, as users call it. */
export class FleetRegisters implements Contender, AsyncDisposable {
  readonly name: string;
  readonly #writes: Writes;
  #fleet: Fleet | undefined;

  constructor(name: string, writes: Writes) {
    this.name = name;
    this.#writes = writes;
  }

  async prepare(): Promise<void> {
    await this.#fleet?.close();
    await this.#writes.redis.flushall();
    const registry = redisRegistry({ url: this.#writes.url });
    this.#fleet = await openRegistry({ namespace: "bench", registry, timing: PATIENT });
    await this.#fleet.register("first", {}); // Opens the session, once per process.
  }

  async run(): Promise<number> {
    const fleet = this.#fleet;
    if (fleet === undefined) return 0;
    return await inWaves(this.#writes, async (wave) => {
      const registering = wave.map(({ identity, document }) => fleet.register(identity, document));
      return (await Promise.all(registering)).length;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fleet?.close();
  }
}

interface Named {
  readonly identity: string;
  readonly document: Sensor;
}

/** Waves one after the other; how many were written. */
async function inWaves(
  { documents, atOnce }: Writes,
  write: (wave: readonly Named[]) => Promise<number>,
): Promise<number> {
  let written = 0;
  for (let start = 0; start < documents.length; start += atOnce) {
    const wave = documents.slice(start, start + atOnce);
    written += await write(wave.map((document, offset) => ({ identity: identityOf(start + offset), document })));
  }
  return written;
}

function setOf({ identity, document }: Named): [key: string, value: string, px: "PX", ttlMs: number] {
  return [`bench:${identity}`, JSON.stringify(document), "PX", TTL_MS];
}
