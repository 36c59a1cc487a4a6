import { isMusterError } from "@muster/core/slots";
import { assert, expect, test } from "vitest";
import { rabbitmqMessaging, type RabbitmqMessagingOptions } from "../src/index.ts";
import { serverUrl } from "../src/options.ts";

function violated(options: unknown): readonly string[] {
  try {
    rabbitmqMessaging(options as RabbitmqMessagingOptions); // As JavaScript might call it.
  } catch (error) {
    if (isMusterError(error, "CONFIG_INVALID")) return error.detail.violations.map(({ path }) => path);
    throw error;
  }
  return [];
}

test.for<readonly [string, unknown, readonly string[]]>([
  ["nothing at all", {}, []],
  ["one server", { url: "amqp://user:p%40ss@127.0.0.1:5672/vhost" }, []],
  ["several servers", { url: ["amqp://a", "amqp://b:5673"] }, []],
  ["TLS", { url: "amqps://a", tls: { rejectUnauthorized: true } }, []],
  ["a login and a vhost", { username: "u", password: "p", vhost: "/", name: "n" }, []],
  ["no server in the list", { url: [] }, ["url"]],
  ["servers that are none", { url: ["http://a", "", 7, "amqp://a:%zz@b"] }, ["url", "url", "url", "url"]],
  ["options of TLS for a server without it", { url: "amqp://a", tls: {} }, ["tls"]],
  ["options of TLS that are none", { url: "amqps://a", tls: "yes" }, ["tls"]],
  ["an option that is none", { servers: "a" }, ["servers"]],
  [
    "texts that are none",
    { username: "", password: 7, vhost: "", name: null },
    ["username", "password", "vhost", "name"],
  ],
  ["a prefix that the server keeps for itself", { prefix: "amq.muster" }, ["prefix"]],
  ["a prefix that is too long", { prefix: "p".repeat(65) }, ["prefix"]],
  ["a vhost that is too long", { vhost: "v".repeat(256) }, ["vhost"]],
  ["a vhost that is too long, in an address", { url: `amqp://a/${"v".repeat(256)}` }, ["url"]],
  ["a prefix of nothing", { prefix: "a..b" }, ["prefix"]],
  ["times that are none", { connectTimeoutMs: 0, heartbeatMs: 1.5 }, ["connectTimeoutMs", "heartbeatMs"]],
  ["a heartbeat that is no whole number of seconds", { heartbeatMs: 1_500 }, ["heartbeatMs"]],
])("%s", ([, options, paths]) => {
  assert.deepEqual(violated(options), paths);
});

test("no password appears in what is said about an address", () => {
  try {
    rabbitmqMessaging({ url: "http://user:secret@a" });
    assert.fail("it was accepted");
  } catch (error) {
    expect(String(error)).toContain("CONFIG_INVALID");
    expect(String(error)).not.toContain("secret");
  }
});

test("an address of a server may leave out the port", () => {
  expect(serverUrl("amqp://a")?.port).toBe("5672");
  expect(serverUrl("amqps://a/v")?.port).toBe("5671");
  expect(serverUrl("ws://a")).toBeUndefined();
});
