import type { NatsConnection } from "@nats-io/transport-node";
import { isMusterError } from "@muster/core/slots";
import { assert, expect, test } from "vitest";
import { natsMessaging, type NatsOptions } from "../src/index.ts";
import { serverUrl } from "../src/options.ts";

function violated(options: unknown): readonly string[] {
  try {
    natsMessaging(options as NatsOptions); // As JavaScript might call it.
  } catch (error) {
    if (isMusterError(error, "CONFIG_INVALID")) return error.detail.violations.map(({ path }) => path);
    throw error;
  }
  return [];
}

const connection = { publish: () => undefined } as unknown as NatsConnection; // A factory looks at nothing else.

test.for<readonly [string, unknown, readonly string[]]>([
  ["nothing at all", {}, []],
  ["one server", { servers: "nats://127.0.0.1:4222" }, []],
  ["several servers, short", { servers: ["a", "b:4223", "tls://c", "[::1]:4222"] }, []],
  ["a connection and a prefix", { connection, prefix: "a.b-c_d" }, []],
  ["no server in the list", { servers: [] }, ["servers"]],
  ["servers that are none", { servers: ["http://a", "", 7] }, ["servers", "servers", "servers"]],
  ["a connection and what belongs to it", { connection, user: "u", servers: "a" }, ["user", "servers"]],
  ["a connection that is none", { connection: {} }, ["connection"]],
  ["an option that is none", { server: "a" }, ["server"]],
  ["prefixes that would not be tokens", { prefix: "a..b" }, ["prefix"]],
  ["a prefix with a wildcard", { prefix: "*" }, ["prefix"]],
  ["times that are none", { connectTimeoutMs: 0, pingIntervalMs: 1.5 }, ["connectTimeoutMs", "pingIntervalMs"]],
])("%s", ([, options, paths]) => {
  assert.deepEqual(violated(options), paths);
});

test("an address of a server may leave out scheme and port", () => {
  expect(serverUrl("a")?.href).toBe("nats://a:4222");
  expect(serverUrl("tls://a:1")?.host).toBe("a:1");
  expect(serverUrl("ws://a")).toBeUndefined();
});
