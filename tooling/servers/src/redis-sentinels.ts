import { setTimeout as delay } from "node:timers/promises";
import { serverFrom } from "./obtain.ts";
import { sourceOf } from "./origin.ts";
import type { NodeOptions } from "./recipe.ts";
import { redisCommand } from "./redis.ts";
import type { Server } from "./server.ts";

/** A master, those who follow it, and those who decide when one of them takes its place. */
export interface RedisSentinels extends AsyncDisposable {
  /** What the sentinels call whoever is master. */
  readonly name: string;
  readonly sentinels: readonly Server[];
  /** The first of them was master at first. None where the sentinels came by URL. */
  readonly servers: readonly Server[];
}

const NAME = "muster";
const SENTINELS = 3;
const QUORUM = 2;
/** Of silence, until a sentinel takes a server for dead. */
const DOWN_AFTER_MS = 1_000;
const READY_WITHIN_MS = 30_000;

/** A sentinel writes what it learns into the file that it was started with. */
const LAUNCH = `conf=$1/sentinel.conf; shift; touch "$conf"; exec "$0" "$conf" --sentinel "$@"`;
const AS_SENTINEL: NodeOptions = {
  persistent: false,
  command: (binary, args, { directory }) => ["sh", "-c", LAUNCH, binary, directory, ...args],
};

/**
 * Three sentinels over a master and a replica that is in step. By URL: `MUSTER_REDIS_SENTINEL_URLS`, separated by commas, of
 * sentinels that call the master `muster`.
 *
 * @throws MissingServerError when there is no Redis to be had, with the command that gets one.
 */
export async function obtainRedisSentinels(): Promise<RedisSentinels> {
  const source = await sourceOf("redis", "MUSTER_REDIS_SENTINEL_URLS");
  if (source.origin === "url") {
    const urls = source.url.split(",").map((url) => url.trim());
    const sentinels = await Promise.all(urls.map((url) => serverFrom({ origin: "url", url }, "redis", {})));
    return { name: NAME, sentinels, servers: [], [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const servers: Server[] = [];
  const sentinels: Server[] = [];
  const end = async (): Promise<void> => {
    await Promise.all([...sentinels, ...servers].map((server) => server[Symbol.asyncDispose]()));
  };
  try {
    const master = await serverFrom(source, "redis", {}, "host");
    servers.push(master);
    const following = ["--replicaof", `${master.host} ${master.port}`];
    servers.push(await serverFrom(source, "redis", { arguments: following }, "host"));
    for (let n = 0; n < SENTINELS; n += 1) sentinels.push(await serverFrom(source, "redis", AS_SENTINEL, "host"));
    for (const sentinel of sentinels) await watch(sentinel, master);
    await until(async () => (await Promise.all(sentinels.map(seesAll))).every(Boolean));
  } catch (error) {
    await end();
    throw error;
  }
  let ending: Promise<void> | undefined;
  return { name: NAME, sentinels, servers, [Symbol.asyncDispose]: () => (ending ??= end()) };
}

async function watch(sentinel: Server, { host, port }: Server): Promise<void> {
  const tell = (...command: readonly string[]): Promise<string> => redisCommand(sentinel, command, undefined);
  await tell("SENTINEL", "MONITOR", NAME, host, String(port), String(QUORUM));
  await tell("SENTINEL", "SET", NAME, "down-after-milliseconds", String(DOWN_AFTER_MS));
  await tell("SENTINEL", "SET", NAME, "failover-timeout", String(3 * DOWN_AFTER_MS));
}

/** A sentinel has found the others, and the replica. */
async function seesAll(sentinel: Server): Promise<boolean> {
  const info = await redisCommand(sentinel, ["INFO", "sentinel"], undefined);
  return info.includes(`slaves=1,sentinels=${SENTINELS}`);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error("the sentinels have not found each other within 30 s");
    await delay(20);
  }
}
