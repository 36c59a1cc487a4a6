import { connect } from "@nats-io/transport-node";
import { isMusterError } from "@muster/core/slots";
import { withServer } from "@muster/servers/vitest";
import { callOf, eventually, rejection } from "@muster/testing";
import { arrive, message, publish, reading } from "@muster/testing/messaging";
import { assert, test } from "vitest";
import { natsMessaging } from "../src/index.ts";
import { opened } from "./support.ts";

await withServer("nats", {}, ({ url }) => {
  test("two namespaces share a connection that is handed in, and closing both leaves it open", async () => {
    const connection = await connect({ servers: url });
    const [one, other] = [await opened({ connection }, "one"), await opened({ connection }, "other")];
    const [mine, theirs] = [await reading(one, ["a"]), await reading(other, ["a"])];
    await publish(one, message("a", "1"));
    await publish(other, message("a", "2"));
    await arrive(mine, "1");
    await arrive(theirs, "2");
    await one.close();
    await publish(other, message("a", "3"));
    await arrive(theirs, "2", "3");
    await other.close();
    assert.isFalse(connection.isClosed());
    await connection.flush();
    await connection.close();
  });

  test("a connection that can't be used is CONFIG_INVALID and named", async () => {
    using call = callOf();
    const deaf = await connect({ servers: url, noEcho: true });
    const error = await rejection(
      natsMessaging({ connection: deaf }).open({ namespace: "iot" }, call),
      "CONFIG_INVALID",
    );
    assert.deepEqual(
      error.detail.violations.map(({ path }) => path),
      ["connection.noEcho"],
    );
    await deaf.close();
    await rejection(natsMessaging({ connection: deaf }).open({ namespace: "iot" }, call), "CONFIG_INVALID");
  });

  test("when its owner closes the connection, inboxes end with UNAVAILABLE and nothing can be published", async () => {
    const connection = await connect({ servers: url });
    await using messaging = await opened({ connection });
    const reader = await reading(messaging, ["a"]);
    await connection.close();
    await eventually(() => assert.isDefined(reader.end));
    assert.isTrue(isMusterError(reader.end?.error, "UNAVAILABLE"));
    using call = callOf();
    const error = await rejection(messaging.publishMany([message("a")], call), "UNAVAILABLE");
    assert.isFalse(error.mayHaveApplied);
  });

  test("an owner's drain lets what has arrived be read, and then ends inboxes", async () => {
    const connection = await connect({ servers: url });
    await using messaging = await opened({ connection });
    const reader = await reading(messaging, ["a"]);
    await publish(messaging, message("a", "1"));
    await connection.drain();
    await eventually(() => assert.isDefined(reader.end));
    assert.deepEqual(reader.texts, ["1"]);
  });
});
