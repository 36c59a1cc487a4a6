import { faultProxy } from "@muster/conformance";
import type { BatchFailure } from "@muster/core/slots";
import { withServer } from "@muster/servers/vitest";
import { callOf, entry, eventually, rejection } from "@muster/testing";
import { arrive, message, publish, reading } from "@muster/testing/messaging";
import { assert, describe, test } from "vitest";
import { natsDurability, natsRegistry } from "../src/index.ts";
import { configured, opened } from "./support.ts";

await withServer("nats", {}, ({ origin }) => {
  describe.skipIf(origin !== "native")("with a configuration of its own", () => {
    test("what the server doesn't permit is PERMISSION_DENIED, message by message and address by address", async () => {
      await using server = await configured(`
        authorization { users = [{ user: u, password: p, permissions: {
          publish: { deny: ["muster.iot.no-send"] }, subscribe: { deny: ["muster.iot.no-read"] } } }] }`);
      await using messaging = await opened({ servers: server.url, user: "u", pass: "p" });
      const reader = await reading(messaging, ["a"]);
      using call = callOf();
      const batch = [message("no-send"), message("a", "1"), message("no-send"), message("a", "2")];
      const refused = await messaging.publishMany(batch, call);
      assert.deepEqual(
        refused.map(({ index, error }) => [index, error.code, error.subject]),
        [
          [0, "PERMISSION_DENIED", "no-send"],
          [2, "PERMISSION_DENIED", "no-send"],
        ],
      );
      const unheard = await reader.inbox.addMany(["b", "no-read", "c"], call);
      assert.deepEqual(
        unheard.map(({ index, error }) => [index, error.code]),
        [[1, "PERMISSION_DENIED"]],
      );
      await publish(messaging, message("b", "3"), message("c", "4"));
      await arrive(reader, "1", "2", "3", "4");
    });

    test("a registry and queues are told what they may not publish, and what they may goes on", {
      timeout: 60_000,
    }, async () => {
      await using server = await configured(`
        jetstream: enabled
        authorization { users = [{ user: all, password: p }, { user: u, password: p, permissions: {
          publish: { deny: ["muster.iot.$registry.*.k.no", "muster.iot.~.q.*.no.>"] } } }] }`);
      const options = { servers: server.url, user: "u", pass: "p" };
      await using registry = natsRegistry(options);
      await using queues = natsDurability(options);
      using call = callOf(30_000);
      await registry.open({ namespace: "iot" }, call);
      await queues.open({ namespace: "iot" }, call);
      const refused = await rejection(registry.setMany([entry("no")], call), "PERMISSION_DENIED");
      assert.isFalse(refused.mayHaveApplied);
      const some = await rejection(registry.setMany([entry("yes"), entry("no")], call), "PERMISSION_DENIED");
      assert.isTrue(some.mayHaveApplied);
      const message = { id: "m", contentType: "text/plain", sentAt: 1, guarantee: "at-least-once" } as const;
      const enqueue = async (identity: string): Promise<readonly BatchFailure[]> =>
        queues.enqueueMany(
          { ...message, replyTo: undefined, payload: Buffer.from("text") },
          [{ identity, epoch: 1 }],
          { ttlMs: 60_000 },
          call,
        );
      await rejection(enqueue("no"), "PERMISSION_DENIED");
      assert.deepEqual(await enqueue("yes"), []);
      const [stored] = await registry.setMany([entry("y")], call);
      assert.property(stored, "stored");
    });

    test("more subscriptions than the server permits are refused as a whole, and the others go on", async () => {
      await using server = await configured("max_subscriptions: 2");
      await using messaging = await opened({ servers: server.url });
      const reader = await reading(messaging, ["a"]);
      using call = callOf();
      await rejection(reader.inbox.addMany(["b", "c", "d"], call), "PERMISSION_DENIED");
      await publish(messaging, message("a", "1"), message("b", "2"));
      await arrive(reader, "1");
      assert.deepEqual(await reader.inbox.addMany(["e"], call), []);
    });

    test("the payload limit is the server's, and a smaller one after a reconnect fails message by message", async () => {
      await using large = await configured("max_payload: 2MB");
      await using small = await configured("max_payload: 64KB");
      await using messaging = await opened({ servers: [large.url, small.url] });
      assert.equal(messaging.traits.maxPayloadBytes, 2 * 1_048_576 - 4_096);
      const reader = await reading(messaging, ["a"]);
      await large.control?.kill();
      await eventually(() => assert.deepEqual(reader.routes, ["down", "up"]));
      using call = callOf();
      const batch = [message("a", "1"), message("a", new Uint8Array(100_000)), message("a", "2")];
      const failures = await messaging.publishMany(batch, call);
      assert.deepEqual(
        failures.map(({ index, error }) => [index, error.code]),
        [[1, "PAYLOAD_TOO_LARGE"]],
      );
      await arrive(reader, "1", "2");
      assert.equal(messaging.traits.maxPayloadBytes, 2 * 1_048_576 - 4_096);
    });

    test("a client that the server cuts off as too slow is told, and listens again", async () => {
      await using server = await configured('write_deadline: "300ms"\nmax_pending: 1MB');
      await using proxy = await faultProxy({ host: "127.0.0.1", port: server.port });
      await using sender = await opened({ servers: server.url });
      await using slow = await opened({ servers: `nats://127.0.0.1:${proxy.port}`, followCluster: false });
      const reader = await reading(slow, ["a"]);
      proxy.stall();
      const batch = Array.from({ length: 200 }, () => message("a", new Uint8Array(10_000)));
      for (let round = 0; round < 10; round += 1) await publish(sender, ...batch);
      await proxy.heal();
      await eventually(() => assert.deepEqual(reader.routes, ["down", "up"]));
      await publish(sender, message("a", "again"));
      await eventually(() => assert.equal(reader.texts.at(-1), "again"));
    });
  });
});
