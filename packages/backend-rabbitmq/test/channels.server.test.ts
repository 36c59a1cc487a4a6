import { withServer } from "@muster/servers/vitest";
import { callOf, eventually, rejection } from "@muster/testing";
import { failuresOf } from "@muster/testing/load";
import { arrive, message, publish, Reader, reading } from "@muster/testing/messaging";
import { assert, describe, test } from "vitest";
import { Foreigner } from "./foreign.ts";
import { opened } from "./support.ts";

const UNHURRIED = { timeout: 60_000 };
const MAX_BYTES = 65_536;

await withServer("rabbitmq", { arguments: [`max_message_size = ${MAX_BYTES}`] }, ({ url, origin }) => {
  describe.skipIf(origin === "url")("a server that takes less than is sent", UNHURRIED, () => {
    test("closes the channel over a message that is too large, and the next batch has another", async () => {
      await using messaging = await opened({ url });
      const reader = await reading(messaging, ["a"]);
      const batch = [message("a", "before"), message("a", Buffer.alloc(MAX_BYTES + 1)), message("a", "behind")];
      for (let round = 0; round < 3; round += 1) {
        const errors = await failuresOf(messaging, batch);
        assert.isTrue(errors.has(1), "what was too large was taken");
        assert.isTrue([...errors.values()].every((error) => error.code === "UNAVAILABLE" && error.mayHaveApplied));
        await eventually(() => publish(messaging, message("a", `round ${round}`)));
      }
      await eventually(() => assert.includeMembers([...reader.texts], ["round 0", "round 1", "round 2"]));
      const rounds = reader.texts.filter((text) => text !== "before");
      assert.deepEqual(rounds, ["round 0", "round 1", "round 2"]);
      assert.deepEqual(reader.routes, []);
    });
  });
});

await withServer("rabbitmq", {}, ({ url }) => {
  describe("an inbox whose channel the server closes", UNHURRIED, () => {
    test("has another, and what it had been handed before is read once and acknowledged to nobody", async () => {
      await using messaging = await opened({ url });
      await using foreign = await Foreigner.at(url);
      const routes: string[] = [];
      using call = callOf();
      const inbox = await messaging.openInbox({ prefetch: 4, onRoute: (state) => void routes.push(state) }, call);
      assert.deepEqual(await inbox.addMany(["a"], call), []);
      await publish(messaging, ...["1", "2", "3"].map((text) => message("a", text)));
      await foreign.channel.deleteExchange("muster.iot");
      const error = await rejection(inbox.addMany(["b"], call), "UNAVAILABLE");
      assert.isTrue(error.mayHaveApplied);
      await eventually(() => assert.deepEqual(routes, ["down", "up"]));
      const reader = new Reader(inbox, routes);
      assert.deepEqual(await inbox.addMany(["b"], call), []);
      await eventually(() => publish(messaging, message("b", "4")));
      await arrive(reader, "1", "2", "3", "4");
      await publish(messaging, ...["5", "6", "7", "8", "9"].map((text) => message("a", text)));
      await arrive(reader, "1", "2", "3", "4", "5", "6", "7", "8", "9");
      assert.deepEqual(routes, ["down", "up"]);
    });
  });
});
