/** The bare driver's way to write documents into Redis, as a contender; taking them out again is not timed. */

import type { Redis } from "ioredis";
import type { Contender } from "./rounds.ts";
import { inWaves, type Named, TTL_MS, type Writes } from "./registry-writers.ts";
import { identityOf } from "./store.ts";

export interface RedisWrites extends Writes {
  readonly redis: Redis;
}

/** `SET key json PX ttl`, in pipelines where several go at once. */
export class BareSets implements Contender {
  readonly name: string;
  readonly #writes: RedisWrites;

  constructor(name: string, writes: RedisWrites) {
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

function setOf({ identity, document }: Named): [key: string, value: string, px: "PX", ttlMs: number] {
  return [keyOf(identity), JSON.stringify(document), "PX", TTL_MS];
}

function keyOf(identity: string): string {
  return `bench:${identity}`;
}
