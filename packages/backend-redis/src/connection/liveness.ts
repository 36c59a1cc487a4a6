/** Noticing that nothing answers on a connection that looks open, as after the other side has lost its power. */

import type { Cluster, Redis } from "ioredis";

const EVERY_MS = 1_000;
/** Counted in rounds, not in time: a process that was held up itself must not blame the server. */
const SILENT_ROUNDS = 4;

/** Asks every second; whatever has been silent for about four is reset, and its owner's reconnecting takes over. */
export function watchServer(redis: Redis): Disposable {
  let seen: { readonly stream: unknown; readonly bytes: number } | undefined;
  let silentRounds = 0;
  const look = (): void => {
    const { status, stream } = redis;
    if (status !== "connect" && status !== "ready") {
      seen = undefined;
      return;
    }
    const isSilent = seen?.stream === stream && seen.bytes === stream.bytesRead && !stream.isPaused();
    silentRounds = isSilent ? silentRounds + 1 : 0;
    seen = { stream, bytes: stream.bytesRead };
    if (silentRounds >= SILENT_ROUNDS) stream.destroy();
    // Also where nobody reads the answer now: that the connection is broken shows when something is written to it.
    else if (status === "ready") redis.ping().catch(ignore);
  };
  const timer = setInterval(look, EVERY_MS).unref();
  return {
    [Symbol.dispose](): void {
      clearInterval(timer);
    },
  };
}

/** {@link watchServer} for every node, as they come and go. */
export function watchCluster(cluster: Cluster): Disposable {
  const watched = new Map<Redis, Disposable>();
  const leave = (redis: Redis): void => {
    watched.get(redis)?.[Symbol.dispose]();
    watched.delete(redis);
  };
  const enter = (redis: Redis): void => {
    leave(redis);
    watched.set(redis, watchServer(redis));
  };
  for (const redis of cluster.nodes()) enter(redis);
  cluster.on("+node", enter);
  cluster.on("-node", leave);
  return {
    [Symbol.dispose](): void {
      cluster.off("+node", enter);
      cluster.off("-node", leave);
      for (const redis of watched.keys()) leave(redis);
    },
  };
}

/** What goes wrong with a question is told by the connection itself. */
function ignore(): void {}
