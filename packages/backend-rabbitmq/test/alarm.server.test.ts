import { withServer } from "@muster/servers/vitest";
import { callOf, eventually, rejection } from "@muster/testing";
import { arrive, message, publish, reading } from "@muster/testing/messaging";
import { assert, describe, test } from "vitest";
import { opened } from "./support.ts";

await withServer("rabbitmq", {}, ({ url, control }) => {
  describe.skipIf(control === undefined)("a server that is short of memory", { timeout: 60_000 }, () => {
    const limit = async (bytes: string): Promise<void> => {
      await control?.administer(["rabbitmqctl", "-q", "set_vm_memory_high_watermark", "absolute", bytes]);
    };

    test("publishing waits until it has enough, receivers go on, and what has timed out is never sent", async () => {
      await using messaging = await opened({ url });
      const reader = await reading(messaging, ["a"]);
      await limit("1MB");
      try {
        await eventually(async () => {
          using call = callOf(300);
          const error = await rejection(messaging.publishMany([message("a", "waits")], call), "TIMEOUT");
          assert.isTrue(error.mayHaveApplied);
        });
        using call = callOf();
        assert.deepEqual(await reader.inbox.addMany(["b"], call), [], "adding is not held back");
        using short = callOf(300);
        const given = Array.from({ length: 1_000 }, (_, index) => message("a", `given up ${index}`));
        await rejection(messaging.publishMany(given, short), "TIMEOUT");
        using patient = callOf(30_000);
        const waiting = messaging.publishMany([message("b", "patient")], patient);
        await limit("512MB");
        assert.deepEqual(await waiting, []);
      } finally {
        await limit("512MB");
      }
      await publish(messaging, message("a", "after"));
      await eventually(() => assert.includeMembers([...reader.texts], ["patient", "after"]));
      assert.isFalse(reader.texts.some((text) => text.startsWith("given up")));
      assert.deepEqual(reader.routes, []);
    });

    test("what waits there is still handed out", async () => {
      await using messaging = await opened({ url });
      using call = callOf();
      const inbox = await messaging.openInbox({ prefetch: 1 }, call);
      await inbox.addMany(["slow"], call);
      await publish(messaging, ...Array.from({ length: 100 }, (_, index) => message("slow", String(index))));
      await limit("1MB");
      try {
        let read = 0;
        for await (const page of inbox) {
          read += page.length;
          if (read === 100) break;
        }
      } finally {
        await limit("512MB");
      }
      const reader = await reading(messaging, ["later"]);
      await publish(messaging, message("later", "on"));
      await arrive(reader, "on");
    });
  });
});
