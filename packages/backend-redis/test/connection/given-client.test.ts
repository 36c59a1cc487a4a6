import { isMusterError } from "@muster/core/slots";
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import { expect, test } from "vitest";
import { checkGivenClient } from "../../src/connection/given-client.ts";

const FITTING: RedisOptions = {
  lazyConnect: true,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
};
const FITTING_CLUSTER: ClusterOptions = { lazyConnect: true, retryDelayOnFailover: 0 };

/** Where what is wrong stands, in the order of the violations. */
function wrongPaths(client: Redis | Cluster): readonly string[] {
  try {
    checkGivenClient(client);
    return [];
  } catch (error) {
    if (!isMusterError(error, "CONFIG_INVALID")) throw error;
    const paths = error.detail.violations.map(({ path }) => path);
    for (const path of paths) expect(error.message).toContain(path);
    return paths;
  } finally {
    client.disconnect();
  }
}

function clusterOf(options: ClusterOptions): Cluster {
  return new Cluster([{ host: "127.0.0.1", port: 1 }], { ...FITTING_CLUSTER, ...options });
}

test("a client as the driver makes it by default resends, and every option to blame is named", () => {
  expect(wrongPaths(new Redis({ lazyConnect: true }))).toEqual([
    "client.options.autoResendUnfulfilledCommands",
    "client.options.maxRetriesPerRequest",
    "client.options.enableOfflineQueue",
  ]);
});

test("a client with all of it switched off will do", () => {
  expect(wrongPaths(new Redis(FITTING))).toEqual([]);
});

test.each<readonly [string, RedisOptions]>([
  ["autoResendUnfulfilledCommands", { autoResendUnfulfilledCommands: true }],
  ["maxRetriesPerRequest", { maxRetriesPerRequest: null }],
  ["maxRetriesPerRequest", { maxRetriesPerRequest: 1 }],
  ["reconnectOnError", { reconnectOnError: () => 2 }],
  ["enableOfflineQueue", { enableOfflineQueue: true }],
  ["keyPrefix", { keyPrefix: "mine:" }],
  ["stringNumbers", { stringNumbers: true }],
])("%s alone is refused: %o", (path, options) => {
  expect(wrongPaths(new Redis({ ...FITTING, ...options }))).toEqual([`client.options.${path}`]);
});

test("a cluster's client as the driver makes it by default resends", () => {
  const client = new Cluster([{ host: "127.0.0.1", port: 1 }], { lazyConnect: true });
  expect(wrongPaths(client)).toEqual(["client.options.retryDelayOnFailover"]);
});

test("a cluster's client that sends nothing again on failover will do", () => {
  expect(wrongPaths(clusterOf({}))).toEqual([]);
});

test("nodes that reconnect by themselves must not resend", () => {
  expect(wrongPaths(clusterOf({ clusterNodeRetryStrategy: () => 100 }))).toEqual([
    "client.options.redisOptions.autoResendUnfulfilledCommands",
    "client.options.redisOptions.maxRetriesPerRequest",
  ]);
  const redisOptions = { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 };
  expect(wrongPaths(clusterOf({ clusterNodeRetryStrategy: () => 100, redisOptions }))).toEqual([]);
});

test.each<readonly [string, ClusterOptions]>([
  ["redisOptions.reconnectOnError", { redisOptions: { reconnectOnError: () => 2 } }],
  ["keyPrefix", { redisOptions: { keyPrefix: "mine:" } }],
  ["stringNumbers", { redisOptions: { stringNumbers: true } }],
])("%s of a cluster's client is refused", (path, options) => {
  expect(wrongPaths(clusterOf(options))).toEqual([`client.options.${path}`]);
});
