/** What a Redis server says of the commands it was sent, and of those that held it up. */

import { setTimeout } from "node:timers/promises";
import type { Redis } from "ioredis";

/** Redis notes every command that takes longer than this, in microseconds. */
const NOTED_US = 1_000;
const MAX_NOTED = 1_000_000;
const REST_MS = 500;

/** Commands that go over a whole set or the whole server, whatever its size. */
const UNBOUNDED = ["keys", "hgetall", "hkeys", "hvals", "smembers", "sinter", "sinterstore", "sunion", "sdiff", "sort"];

export class RedisWatch {
  readonly #redis: Redis;

  private constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Notes from now on. */
  static async start(redis: Redis): Promise<RedisWatch> {
    await redis.config("SET", "slowlog-log-slower-than", NOTED_US);
    await redis.config("SET", "slowlog-max-len", MAX_NOTED);
    await redis.config("RESETSTAT");
    return new RedisWatch(redis);
  }

  /** Milliseconds of the longest command that `work` had the server do; 1 when none took longer than that. */
  async longestMs(work: () => Promise<void>): Promise<number> {
    await this.#redis.slowlog("RESET");
    await work();
    // Each is: id, time, microseconds, arguments, client.
    const noted = (await this.#redis.slowlog("GET", MAX_NOTED)) as readonly (readonly [number, number, number])[];
    return noted.reduce((longest, [, , us]) => Math.max(longest, us / 1_000), NOTED_US / 1_000);
  }

  /** How often commands without a bound were called since the start, in scripts too. */
  async unboundedCalls(): Promise<number> {
    const calls = await this.#calls();
    return UNBOUNDED.reduce((sum, name) => sum + (calls.get(name) ?? 0), 0);
  }

  /** Resolves when no script has run for half a second: what was to be done in the background is done. */
  async untilAtRest(): Promise<void> {
    for (
      let [before, now] = [-1, await this.#scripts()];
      now !== before;
      [before, now] = [now, await this.#scripts()]
    ) {
      await setTimeout(REST_MS);
    }
  }

  async #scripts(): Promise<number> {
    const calls = await this.#calls();
    return (calls.get("evalsha") ?? 0) + (calls.get("eval") ?? 0);
  }

  async #calls(): Promise<ReadonlyMap<string, number>> {
    const stats = await this.#redis.info("commandstats");
    const found = stats.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gmu);
    return new Map([...found].map(([, name = "", calls]): [string, number] => [name, Number(calls)]));
  }
}
