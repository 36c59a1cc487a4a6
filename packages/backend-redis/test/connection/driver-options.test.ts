import { isMusterError } from "@muster/core/slots";
import { expect, test } from "vitest";
import { clusterOptions, OWN, reconnectMs, serverOptions } from "../../src/connection/driver-options.ts";

test("nothing of ours is ever sent again", () => {
  const off = { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0, enableOfflineQueue: false };
  expect(OWN).toMatchObject(off);
  const { reconnectOnError, ...options } = serverOptions({});
  expect(options).toMatchObject(off);
  expect(reconnectOnError?.(new Error("READONLY You can't write against a read only replica."))).toBe(1);
  expect(reconnectOnError?.(new Error("ERR something else"))).toBe(false);
  const cluster = clusterOptions({ cluster: [{ host: "a", port: 1 }] });
  expect(cluster).toMatchObject({ retryDelayOnFailover: 0, clusterNodeRetryStrategy: null, redisOptions: off });
});

test.each([
  ["redis://localhost", { host: "localhost", port: 6379, db: 0 }],
  ["redis://10.0.0.1:7000/3", { host: "10.0.0.1", port: 7000, db: 3 }],
  ["redis://ann:p%40ss@h:1", { host: "h", port: 1, username: "ann", password: "p@ss" }],
  ["redis://:secret@h", { host: "h", password: "secret" }],
  ["redis://[::1]:6380", { host: "::1", port: 6380 }],
  ["rediss://h", { host: "h", tls: {} }],
])("%s is read as an address", (url, expected) => {
  expect(serverOptions({ url })).toMatchObject(expected);
});

test.each(["", "localhost:6379", "http://h", "redis://h/abc", "redis://h/1/2"])("%j is no address", (url) => {
  expect(codeOf(() => serverOptions({ url }))).toBe("CONFIG_INVALID");
});

test("sentinels are asked for the master by its name", () => {
  const sentinels = [{ host: "s", port: 26379 }];
  expect(serverOptions({ sentinels, name: "mymaster", db: 2 })).toMatchObject({ sentinels, name: "mymaster", db: 2 });
  expect(codeOf(() => serverOptions({ sentinels: [], name: "mymaster" }))).toBe("CONFIG_INVALID");
  expect(codeOf(() => serverOptions({ sentinels, name: "" }))).toBe("CONFIG_INVALID");
});

test("TLS to sentinels and TLS to the server that they name are asked for apart", () => {
  const location = { sentinels: [{ host: "s", port: 26379 }], name: "mymaster" };
  expect(serverOptions(location)).toMatchObject({ enableTLSForSentinelMode: false });
  const both = serverOptions({ ...location, tls: { ca: "a" }, sentinelTls: true });
  expect(both).toMatchObject({ enableTLSForSentinelMode: true, tls: { ca: "a" }, sentinelTLS: {} });
});

test("attempts to reconnect come ever later, at most a second apart, and never at once", () => {
  for (let attempt = 1; attempt < 2_000; attempt += 1) {
    const ms = reconnectMs(attempt);
    expect(ms).toBeGreaterThanOrEqual(25);
    expect(ms).toBeLessThanOrEqual(Math.min(50 * 2 ** (attempt - 1), 1_000));
  }
});

function codeOf(work: () => unknown): string {
  try {
    work();
    return "none";
  } catch (error) {
    return isMusterError(error) ? error.code : String(error);
  }
}
