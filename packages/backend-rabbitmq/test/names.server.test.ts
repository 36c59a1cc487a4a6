import { withServer } from "@muster/servers/vitest";
import { callOf, rejection } from "@muster/testing";
import { arrive, message, publish, reading } from "@muster/testing/messaging";
import { assert, describe, test } from "vitest";
import { rabbitmqMessaging } from "../src/index.ts";
import { opened } from "./support.ts";

/** As long as a prefix may be, and a namespace. */
const LONGEST_NAME = 64;
const LONGEST_VHOST = 255;

await withServer("rabbitmq", {}, ({ url, control }) => {
  describe("the longest names", () => {
    test.for([
      ["of bytes that stand for themselves", "n"],
      ["of bytes that are spelled out", "."],
    ])("a prefix and a namespace %s, and addresses of 255 and 256 bytes", async ([, character = ""]) => {
      const prefix = "p".repeat(LONGEST_NAME);
      const namespace = character.repeat(LONGEST_NAME);
      await using messaging = await opened({ url, prefix }, namespace);
      await using other = await opened({ url, prefix }, `${namespace.slice(1)}x`);
      const addresses = ["a".repeat(255), "a".repeat(256), `${"a".repeat(255)}b`];
      const [reader, stranger] = [await reading(messaging, addresses), await reading(other, addresses)];
      await publish(messaging, ...addresses.map((address, index) => message(address, String(index))));
      await arrive(reader, "0", "1", "2");
      assert.deepEqual(
        reader.deliveries.map(({ address }) => address),
        addresses,
      );
      await publish(other, message(addresses[0] ?? "", "apart"));
      await arrive(stranger, "apart");
    });

    test.skipIf(control === undefined)("a vhost of 255 bytes opens", async () => {
      const vhost = "v".repeat(LONGEST_VHOST);
      await control?.administer(["rabbitmqctl", "-q", "add_vhost", vhost]);
      await control?.administer(["rabbitmqctl", "-q", "set_permissions", "-p", vhost, "guest", ".*", ".*", ".*"]);
      await (await opened({ url, vhost })).close();
    });

    test("credentials of 300 bytes are as good as short ones", async () => {
      using call = callOf();
      const messaging = rabbitmqMessaging({ url, username: "u".repeat(300), password: "p".repeat(300) });
      await rejection(messaging.open({ namespace: "iot" }, call), "UNAUTHENTICATED");
      await (await opened({ url, name: "n".repeat(300) })).close();
    });
  });
});
