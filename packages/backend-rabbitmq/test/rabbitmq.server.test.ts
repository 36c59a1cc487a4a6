import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import type { Delivery } from "@muster/core/slots";
import { withServer } from "@muster/servers/vitest";
import { callOf, eventually, freePort, rejection } from "@muster/testing";
import { arrive, message, publish, reading } from "@muster/testing/messaging";
import { assert, describe, test } from "vitest";
import { rabbitmqMessaging } from "../src/index.ts";
import { Foreigner } from "./foreign.ts";
import { opened } from "./support.ts";

const LONGEST = "\u{1f600}".repeat(64);
/** What the server keeps for an inbox. */
const MAX_QUEUED = 65_536;

/** A server that does what it is told to everybody. */
async function impostor(onClient: (socket: Socket) => void): Promise<{ url: string } & AsyncDisposable> {
  const clients = new Set<Socket>();
  const port = await freePort();
  const server = createServer((socket) => {
    clients.add(socket.on("error", () => undefined));
    onClient(socket);
  });
  await once(server.listen(port, "127.0.0.1"), "listening");
  return {
    url: `amqp://127.0.0.1:${port}`,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const client of clients) client.destroy();
      await once(server.close(), "close");
    },
  };
}

describe("opening", () => {
  test("a server that refuses connections is UNAVAILABLE", async () => {
    const messaging = rabbitmqMessaging({ url: `amqp://127.0.0.1:${await freePort()}` });
    using call = callOf();
    await rejection(messaging.open({ namespace: "iot" }, call), "UNAVAILABLE");
    await messaging.close();
  });

  test("a server that accepts and stays silent ends with the call, and nothing is left behind", async () => {
    const accepted: Socket[] = [];
    await using silent = await impostor((socket) => void accepted.push(socket.resume()));
    const messaging = rabbitmqMessaging({ url: silent.url, connectTimeoutMs: 500 });
    using call = callOf(200);
    await rejection(messaging.open({ namespace: "iot" }, call), "TIMEOUT");
    await messaging.close();
    await eventually(() => assert.isTrue(accepted.length === 1 && accepted.every(({ closed }) => closed)));
  });

  test("a server that stays silent costs its time, and then the next one is asked", async () => {
    await using silent = await impostor(() => undefined);
    const urls = [silent.url, `amqp://127.0.0.1:${await freePort()}`];
    using call = callOf();
    const messaging = rabbitmqMessaging({ url: urls, connectTimeoutMs: 100 });
    await rejection(messaging.open({ namespace: "iot" }, call), "UNAVAILABLE");
  });

  test("what answers but is no RabbitMQ is UNAVAILABLE", async () => {
    await using other = await impostor((socket) => void socket.end("AMQP\0\0\u0009\u0001"));
    using call = callOf();
    await rejection(rabbitmqMessaging({ url: other.url }).open({ namespace: "iot" }, call), "UNAVAILABLE");
  });
});

await withServer("rabbitmq", { password: "s3cret" }, ({ host, port, url }) => {
  describe("a server with a password", () => {
    test("a wrong one is UNAUTHENTICATED, and the right one opens, as an option or in the address", async () => {
      using call = callOf();
      const wrong = rabbitmqMessaging({ url, password: "guess" });
      await rejection(wrong.open({ namespace: "iot" }, call), "UNAUTHENTICATED");
      await (await opened({ url, password: "s3cret" })).close();
      await (await opened({ url: `amqp://guest:s3cret@${host}:${port}/%2F` })).close();
    });

    test("a vhost that the server doesn't have is CONFIG_INVALID", async () => {
      using call = callOf();
      const elsewhere = rabbitmqMessaging({ url, password: "s3cret", vhost: "elsewhere" });
      await rejection(elsewhere.open({ namespace: "iot" }, call), "CONFIG_INVALID");
    });
  });
});

await withServer("rabbitmq", {}, ({ url, control }) => {
  test("a foreign consumer reads key, properties, headers and body", async () => {
    await using messaging = await opened({ url });
    await using foreign = await Foreigner.at(url);
    await foreign.listen("muster.iot", "sensor-7", "a.b *");
    const headers = { "content-type": "text/plain", "muster-id": "m-1", "muster-identity": " caf\u00e9 " };
    await publish(messaging, message("sensor-7", "on", headers), message("a.b *", "off"));
    await eventually(() => assert.lengthOf(foreign.seen, 2));
    const [first, second] = foreign.seen;
    assert.deepEqual([first?.fields.routingKey, first?.content.toString()], ["sensor-7", "on"]);
    assert.deepEqual([first?.properties.contentType, first?.properties.messageId], ["text/plain", "m-1"]);
    assert.deepEqual(first?.properties.headers, { "muster-identity": " caf\u00e9 " });
    assert.deepEqual([second?.fields.routingKey, second?.content.toString()], ["a.b *", "off"]);
  });

  test("what a foreign sender publishes arrives with its headers in lower case", async () => {
    await using messaging = await opened({ url });
    const reader = await reading(messaging, ["sensor-7"]);
    await using foreign = await Foreigner.at(url);
    const options = { contentType: "text/plain", headers: { "X-Share": 100 } };
    foreign.channel.publish("muster.iot", "sensor-7", Buffer.from("hello"), options);
    await arrive(reader, "hello");
    assert.deepEqual({ ...reader.deliveries[0]?.headers }, { "content-type": "text/plain", "x-share": "100" });
  });

  test("an address that is longer than a key can be is given back whole", async () => {
    await using messaging = await opened({ url });
    const reader = await reading(messaging, [LONGEST]);
    await publish(messaging, message(LONGEST, "long"));
    await arrive(reader, "long");
    assert.equal(reader.deliveries[0]?.address, LONGEST);
    assert.deepEqual({ ...reader.deliveries[0]?.headers }, {});
  });

  test("prefixes keep fleets apart on one server", async () => {
    await using one = await opened({ url, prefix: "blue" });
    await using other = await opened({ url, prefix: "blue.green" });
    const [mine, theirs] = [await reading(one, ["a"]), await reading(other, ["a"])];
    await publish(one, message("a", "1"));
    await publish(other, message("a", "2"));
    await arrive(mine, "1");
    await arrive(theirs, "2");
  });

  test("thousands of addresses are live when adding resolves, and none when removing does", {
    timeout: 60_000,
  }, async () => {
    await using messaging = await opened({ url });
    const addresses = Array.from({ length: 2_500 }, (_, index) => `sensor-${index}`);
    const reader = await reading(messaging, addresses, { prefetch: 8_192 });
    await publish(messaging, ...addresses.map((address) => message(address, address)));
    await eventually(() => assert.deepEqual(reader.texts, addresses));
    using call = callOf();
    assert.deepEqual(await reader.inbox.removeMany(addresses, call), []);
    const failures = await messaging.publishMany(
      addresses.map((address) => message(address)),
      call,
    );
    assert.lengthOf(failures, addresses.length);
    assert.isTrue(failures.every(({ error }) => error.code === "NO_ROUTE"));
  });

  test("a burst that a slow reader can't keep up with arrives whole", { timeout: 60_000 }, async () => {
    await using sender = await opened({ url });
    await using messaging = await opened({ url });
    using call = callOf(30_000);
    const inbox = await messaging.openInbox({ prefetch: 256 }, call);
    await inbox.addMany(["a"], call);
    const count = 40_960;
    let received = 0;
    const read = (async () => {
      for await (const page of inbox) {
        for (const _ of page) {
          received += 1;
          if (received % 256 === 0) await turn();
        }
        if (received >= count) return;
      }
    })();
    const batch = Array.from({ length: 4_096 }, () => message("a", "x".repeat(100)));
    for (let sent = 0; sent < count; sent += batch.length) await publish(sender, ...batch);
    await read;
    assert.equal(received, count);
  });

  test("what an inbox that nobody reads has no room for is refused to its sender, and nobody else's", async () => {
    await using messaging = await opened({ url });
    using call = callOf(60_000);
    const inbox = await messaging.openInbox({ prefetch: 10 }, call);
    await inbox.addMany(["a"], call);
    const other = await reading(messaging, ["c"]);
    const batch = Array.from({ length: 4_096 }, (_, index) => message("a", String(index)));
    let taken = 0;
    for (let round = 0; round < 17; round += 1) {
      const failures = await messaging.publishMany([...batch.slice(1), message("c", String(round))], call);
      taken += batch.length - 1 - failures.length;
      assert.isTrue(failures.every(({ index, error }) => index < batch.length - 1 && error.code === "RATE_LIMITED"));
    }
    assert.isAtMost(taken, MAX_QUEUED + 10);
    assert.isAtLeast(taken, MAX_QUEUED);
    await eventually(() => assert.lengthOf(other.texts, 17));
    const pages: AsyncIterator<readonly Delivery[], undefined> = inbox[Symbol.asyncIterator]();
    for (let read = 0; read < taken; ) {
      const page = (await pages.next()).value ?? [];
      assert.isAtMost(page.length, 10);
      read += page.length;
    }
    await publish(messaging, message("a", "last"));
    assert.equal(Buffer.from((await pages.next()).value?.[0]?.body ?? "").toString(), "last");
    await inbox[Symbol.asyncDispose]();
  }, 60_000);

  test.skipIf(control === undefined)(
    "heartbeats notice a frozen server, calls end at their deadline, and it resumes",
    async () => {
      await using messaging = await opened({ url, heartbeatMs: 1_000, connectTimeoutMs: 200 });
      const reader = await reading(messaging, ["a"]);
      await control?.freeze();
      try {
        using call = callOf(50);
        await rejection(messaging.publishMany([message("a", "lost")], call), "TIMEOUT");
        await eventually(() => assert.deepEqual(reader.routes, ["down"]));
        using later = callOf();
        await eventually(async () => {
          const error = await rejection(messaging.publishMany([message("a", "never sent")], later), "UNAVAILABLE");
          assert.isFalse(error.mayHaveApplied);
        });
      } finally {
        await control?.thaw();
      }
      await eventually(() => assert.deepEqual(reader.routes, ["down", "up"]));
      await eventually(() => publish(messaging, message("a", "again")));
      await eventually(() => assert.include(reader.texts, "again"));
      assert.notInclude(reader.texts, "never sent");
    },
    30_000,
  );
});
