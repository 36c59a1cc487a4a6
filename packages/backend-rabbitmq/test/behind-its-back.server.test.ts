import type { Server } from "@muster/servers";
import { withServer } from "@muster/servers/vitest";
import { callOf, eventually, rejection } from "@muster/testing";
import { arrive, message, publish, reading } from "@muster/testing/messaging";
import { assert, describe, test } from "vitest";
import { rabbitmqMessaging } from "../src/index.ts";
import { Foreigner } from "./foreign.ts";
import { opened } from "./support.ts";

const UNHURRIED = { timeout: 60_000 };

function rabbitmqctl({ control }: Server, ...args: readonly string[]): Promise<string> {
  if (control === undefined) throw new Error("a server of somebody else");
  return control.administer(["rabbitmqctl", "-q", ...args]);
}

await withServer("rabbitmq", {}, (server) => {
  const { url } = server;

  describe("what others do to a server", UNHURRIED, () => {
    test("an exchange that was deleted is there again, with everybody's addresses", async () => {
      await using sender = await opened({ url });
      await using messaging = await opened({ url });
      const reader = await reading(messaging, ["a", "b"]);
      const ours = await reading(sender, ["c"]);
      await using foreign = await Foreigner.at(url);
      await foreign.channel.deleteExchange("muster.iot");
      await eventually(
        () => assert.deepEqual([...reader.routes, ...ours.routes], ["down", "up", "down", "up"]),
        20_000,
      );
      await eventually(() => publish(sender, message("c", "1"), message("a", "2"), message("b", "3")));
      await arrive(ours, "1");
      await arrive(reader, "2", "3");
    });

    test("what is sent to an exchange that was deleted may have arrived, and what follows does", async () => {
      await using messaging = await opened({ url, prefix: "gone" });
      await using foreign = await Foreigner.at(url);
      await foreign.channel.deleteExchange("gone.iot");
      using call = callOf();
      const error = await rejection(messaging.publishMany([message("a")], call), "UNAVAILABLE");
      assert.isTrue(error.mayHaveApplied);
      const failures = await eventually(() => messaging.publishMany([message("a")], call));
      assert.deepEqual(
        failures.map(({ error: { code } }) => code),
        ["NO_ROUTE"],
      );
    });

    test.skipIf(server.control === undefined)("an inbox whose queue was deleted has another", async () => {
      await using messaging = await opened({ url, prefix: "queues" });
      const reader = await reading(messaging, ["a"]);
      const queues = await rabbitmqctl(server, "list_queues", "name");
      const queue = queues.split("\n").find((name) => name.startsWith("queues.iot."));
      await rabbitmqctl(server, "delete_queue", queue ?? "none");
      await eventually(() => assert.deepEqual(reader.routes, ["down", "up"]));
      await publish(messaging, message("a", "again"));
      await arrive(reader, "again");
    });

    test.skipIf(server.control === undefined)("connections that an operator has closed are made again", async () => {
      await using messaging = await opened({ url, prefix: "closed" });
      const reader = await reading(messaging, ["a"]);
      await rabbitmqctl(server, "close_all_connections", "maintenance");
      await eventually(() => assert.deepEqual(reader.routes, ["down", "up"]));
      await eventually(() => publish(messaging, message("a", "again")));
      await arrive(reader, "again");
    });

    test("an exchange of another type under its name is CONFIG_INVALID", async () => {
      await using foreign = await Foreigner.at(url);
      await foreign.channel.assertExchange("taken.iot", "topic", { durable: true });
      using call = callOf();
      const messaging = rabbitmqMessaging({ url, prefix: "taken" });
      const error = await rejection(messaging.open({ namespace: "iot" }, call), "CONFIG_INVALID");
      assert.include(error.message, "taken.iot");
    });

    test.skipIf(server.control === undefined)("what a user may not do is PERMISSION_DENIED", async () => {
      await rabbitmqctl(server, "add_user", "reader", "secret");
      await rabbitmqctl(server, "set_permissions", "reader", "^shy\\.", "^shy\\.iot\\..", "^shy\\.");
      const login = { url, username: "reader", password: "secret" };
      await using messaging = await opened({ ...login, prefix: "shy" });
      using call = callOf();
      const failures = await messaging.publishMany([message("a"), message("b")], call);
      assert.deepEqual(
        failures.map(({ index, error }) => [index, error.code, error.mayHaveApplied]),
        [
          [0, "PERMISSION_DENIED", false],
          [1, "PERMISSION_DENIED", false],
        ],
      );
      await rejection(rabbitmqMessaging(login).open({ namespace: "iot" }, call), "PERMISSION_DENIED");
      await rabbitmqctl(server, "add_vhost", "locked");
      const locked = rabbitmqMessaging({ ...login, vhost: "locked" });
      await rejection(locked.open({ namespace: "iot" }, call), "CONFIG_INVALID");
    });
  });
});
