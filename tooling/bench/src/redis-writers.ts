/** Three ways to write the same documents into Redis, as contenders; taking them out again is not timed. */

import { redisRegistry } from "@muster/backend-redis";
import { type Fleet, type Handle, openRegistry } from "@muster/core";
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
    const { redis, documents } = this.#writes;
    await redis.unlink(documents.map((_, index) => keyOf(identityOf(index))));
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
  readonly #registry: RegistryBackend;

  private constructor(name: string, writes: Writes, registry: RegistryBackend) {
    this.name = name;
    this.#writes = writes;
    this.#registry = registry;
  }

  static async open(name: string, writes: Writes): Promise<SlotWrites> {
    const registry = redisRegistry({ url: writes.url });
    await registry.open({ namespace: `slot-${writes.atOnce}` }, CALL);
    return new SlotWrites(name, writes, registry);
  }

  async prepare(): Promise<void> {
    await inWaves({ ...this.#writes, atOnce: this.#writes.documents.length }, async (wave) => {
      const keys = wave.map(({ identity, document }) => ({ identity, attempt: entryOf(identity, document).attempt }));
      return (await this.#registry.deleteMany(keys, CALL)).length;
    });
  }

  async run(): Promise<number> {
    return await inWaves(this.#writes, async (wave) => {
      const entries = wave.map(({ identity, document }) => ({ ...entryOf(identity, document), ttlMs: TTL_MS }));
      const outcomes = await this.#registry.setMany(entries, CALL);
      return outcomes.filter((outcome) => "stored" in outcome).length;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#registry.close();
  }
}

/** `fleet.register`, as users call it, in a process that has been at it for a while. */
export class FleetRegisters implements Contender, AsyncDisposable {
  readonly name: string;
  readonly #writes: Writes;
  readonly #fleet: Fleet;
  #handles: Handle[] = [];

  private constructor(name: string, writes: Writes, fleet: Fleet) {
    this.name = name;
    this.#writes = writes;
    this.#fleet = fleet;
  }

  static async open(name: string, writes: Writes): Promise<FleetRegisters> {
    const registry = redisRegistry({ url: writes.url });
    const fleet = await openRegistry({ namespace: `fleet-${writes.atOnce}`, registry, timing: PATIENT });
    return new FleetRegisters(name, writes, fleet);
  }

  async prepare(): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.unregister()));
    this.#handles = [];
  }

  async run(): Promise<number> {
    return await inWaves(this.#writes, async (wave) => {
      const registering = wave.map(({ identity, document }) => this.#fleet.register(identity, document));
      const handles = await Promise.all(registering);
      for (const handle of handles) this.#handles.push(handle);
      return handles.length;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fleet.close();
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
  return [keyOf(identity), JSON.stringify(document), "PX", TTL_MS];
}

function keyOf(identity: string): string {
  return `bench:${identity}`;
}
