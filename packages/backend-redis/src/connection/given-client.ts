/** Looking over a client that was handed in: whether it would send a command again that may have left. */

import type { Cluster, ClusterOptions, Redis, RedisOptions as DriverOptions } from "ioredis";
import { MusterError, type Violation } from "@muster/core/slots";
import { NAME } from "../errors.ts";

/** @throws CONFIG_INVALID: with a violation for each option that is wrong. */
export function checkGivenClient(client: Redis | Cluster): void {
  const violations = isCluster(client) ? clusterViolations(client.options) : serverViolations(client.options);
  if (violations.length === 0) return;
  const wrong = violations.map(({ path, message }) => `${path} ${message}`).join("; ");
  throw new MusterError({
    code: "CONFIG_INVALID",
    source: `${NAME}.open`,
    message: `the client that was handed in does not fit: ${wrong}`,
    detail: { violations },
  });
}

export function isCluster(client: Redis | Cluster): client is Cluster {
  return client.isCluster;
}

function serverViolations(options: DriverOptions): readonly Violation[] {
  return [
    ...resending(options, "client.options"),
    must(options.enableOfflineQueue === false, "client.options.enableOfflineQueue", OFFLINE),
    ...readable(options, "client.options"),
  ].flat();
}

function clusterViolations(options: ClusterOptions): readonly Violation[] {
  const { redisOptions = {} } = options;
  const path = "client.options";
  return [
    must(
      options.retryDelayOnFailover === 0,
      `${path}.retryDelayOnFailover`,
      "must be 0: it sends again what was in flight",
    ),
    // Nodes that don't reconnect by themselves have nowhere to send again to.
    typeof options.clusterNodeRetryStrategy === "function" ? resending(redisOptions, `${path}.redisOptions`) : [],
    must(!redisOptions.reconnectOnError, `${path}.redisOptions.reconnectOnError`, RECONNECT),
    ...readable({ ...redisOptions, ...options }, path),
  ].flat();
}

const OFFLINE = "must be false: what waits for a connection is sent when its caller has long given up";
const RECONNECT = "must be absent: when it answers 2 the command is sent again";

function resending(options: DriverOptions, path: string): readonly Violation[] {
  return [
    must(
      options.autoResendUnfulfilledCommands === false,
      `${path}.autoResendUnfulfilledCommands`,
      "must be false: it sends again what was in flight",
    ),
    must(
      options.maxRetriesPerRequest === 0,
      `${path}.maxRetriesPerRequest`,
      "must be 0: what was in flight is not rejected before that many attempts to reconnect",
    ),
    must(!options.reconnectOnError, `${path}.reconnectOnError`, RECONNECT),
  ].flat();
}

/** What would change the meaning of what is sent and answered. */
function readable(
  options: { readonly keyPrefix?: unknown; readonly stringNumbers?: unknown },
  path: string,
): readonly Violation[] {
  return [
    must(!options.keyPrefix, `${path}.keyPrefix`, "must be empty: use the option prefix"),
    must(!options.stringNumbers, `${path}.stringNumbers`, "must be false: numbers are read as numbers"),
  ].flat();
}

function must(holds: boolean, path: string, message: string): readonly Violation[] {
  return holds ? [] : [{ path, message }];
}
