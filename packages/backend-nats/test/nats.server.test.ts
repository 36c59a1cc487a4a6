import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { connect, headers as natsHeaders, type Msg } from "@nats-io/transport-node";
import type { Delivery } from "@muster/core/slots";
import { withServer } from "@muster/servers/vitest";
import { callOf, eventually, freePort, rejection } from "@muster/testing";
import { arrive, message, publish, reading } from "@muster/testing/messaging";
import { assert, describe, expect, test } from "vitest";
import { natsMessaging } from "../src/index.ts";
import { opened } from "./support.ts";

const HASHED = "\u{1f600}".repeat(64);

/** A server that says what it is told to say to everybody. */
async function impostor(onClient: (socket: Socket) => void): Promise<{ url: string } & AsyncDisposable> {
  const clients = new Set<Socket>();
  const port = await freePort();
  const server = createServer((socket) => {
    clients.add(socket.on("error", () => undefined));
    onClient(socket);
  });
  await once(server.listen(port, "127.0.0.1"), "listening");
  return {
    url: `nats://127.0.0.1:${port}`,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const client of clients) client.destroy();
      await once(server.close(), "close");
    },
  };
}

/** As a server of NATS begins, and it answers pings. */
function greet(socket: Socket, more: object): void {
  const info = { server_id: "impostor", client_id: 1, version: "2.9.10", proto: 1, max_payload: 1_048_576, ...more };
  socket.write(`INFO ${JSON.stringify(info)}\r\n`);
  socket.on("data", (chunk) => {
    for (const _ of chunk.toString().matchAll(/^PING\r$/gm)) socket.write("PONG\r\n");
  });
}

describe("opening and closing", () => {
  test("a server that refuses connections is UNAVAILABLE", async () => {
    const messaging = natsMessaging({ servers: `127.0.0.1:${await freePort()}` });
    {
      using call = callOf();
      await rejection(messaging.open({ namespace: "iot" }, call), "UNAVAILABLE");
    }
    await messaging.close();
  });

  test("a server that accepts and stays silent ends with the call, and nothing is left behind", async () => {
    const accepted: Socket[] = [];
    await using silent = await impostor((socket) => void accepted.push(socket));
    const messaging = natsMessaging({ servers: silent.url });
    using call = callOf(200);
    await rejection(messaging.open({ namespace: "iot" }, call), "TIMEOUT");
    await messaging.close();
    await eventually(() => assert.isTrue(accepted.length === 1 && accepted.every(({ closed }) => closed)));
  });

  test("what answers but is no NATS server is UNAVAILABLE", async () => {
    await using other = await impostor((socket) => void socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    using call = callOf();
    await rejection(natsMessaging({ servers: other.url }).open({ namespace: "iot" }, call), "UNAVAILABLE");
  });

  test("closing while the driver dials a server that has fallen silent leaves no connection behind", async () => {
    const accepted: Socket[] = [];
    await using server = await impostor((socket) => {
      // The first knocks, the second is the connection.
      if (accepted.push(socket) <= 2) greet(socket, { headers: true });
    });
    const messaging = await opened({ servers: server.url, connectTimeoutMs: 60_000 });
    accepted[1]?.destroy();
    await eventually(() => assert.lengthOf(accepted, 3));
    await messaging.close();
    await eventually(() => assert.isTrue(accepted[2]?.closed));
  });

  test("a server without headers is UNSUPPORTED", async () => {
    await using old = await impostor((socket) => greet(socket, { version: "2.1.9" }));
    using call = callOf();
    const error = await rejection(natsMessaging({ servers: old.url }).open({ namespace: "iot" }, call), "UNSUPPORTED");
    assert.include(error.message, "2.1.9");
  });
});

await withServer("nats", { password: "s3cret" }, ({ host, port, url }) => {
  test("a wrong password is UNAUTHENTICATED, and the right one opens, as an option or in the address", async () => {
    using call = callOf();
    const wrong = natsMessaging({ servers: url, token: "guess" });
    await rejection(wrong.open({ namespace: "iot" }, call), "UNAUTHENTICATED");
    await (await opened({ servers: url, token: "s3cret" })).close();
    await (await opened({ servers: `nats://s3cret@${host}:${port}` })).close();
  });
});

await withServer("nats", {}, ({ url, control }) => {
  test("a foreign consumer reads subject, headers and body", async () => {
    await using messaging = await opened({ servers: url });
    const foreign = await connect({ servers: url });
    const seen: Msg[] = [];
    foreign.subscribe("muster.iot.>", { callback: (_, one) => void seen.push(one) });
    await foreign.flush();
    const headers = { "content-type": "text/plain", "muster-identity": " caf\u00e9 100%" };
    await publish(messaging, message("sensor-7", "on", headers), message("a.b *", "off"), message(HASHED, "long"));
    await eventually(() => assert.equal(seen.length, 3));
    await foreign.close();
    const [first, second, third] = seen;
    assert.deepEqual([first?.subject, first?.string()], ["muster.iot.sensor-7", "on"]);
    assert.equal(first?.headers?.get("content-type"), "text/plain");
    expect(first?.headers?.get("muster-identity")).toBe("%20caf%C3%A9 100%25");
    assert.deepEqual([second?.subject, second?.headers], ["muster.iot.a_2eb_20_2a", undefined]);
    expect(third?.subject).toMatch(/^muster\.iot\.(?:_[0-9a-f]{2})+__[0-9a-f]{32}$/);
    assert.equal(decodeURIComponent(third?.headers?.get("muster-address") ?? ""), HASHED);
  });

  test("what a foreign sender publishes arrives with its headers in lower case", async () => {
    await using messaging = await opened({ servers: url });
    const reader = await reading(messaging, ["sensor-7"]);
    const foreign = await connect({ servers: url });
    const headers = natsHeaders();
    headers.append("Content-Type", "text/plain");
    headers.append("x-share", "100%");
    headers.append("x-share", "second");
    foreign.publish("muster.iot.sensor-7", "hello", { headers });
    await foreign.flush();
    await foreign.close();
    await arrive(reader, "hello");
    assert.deepEqual(reader.deliveries[0]?.headers, { "content-type": "text/plain", "x-share": "100%" });
  });

  test("prefixes keep fleets apart on one server", async () => {
    await using one = await opened({ servers: url, prefix: "blue" });
    await using other = await opened({ servers: url, prefix: "blue.green" });
    const [mine, theirs] = [await reading(one, ["a"]), await reading(other, ["a"])];
    await publish(one, message("a", "1"));
    await publish(other, message("a", "2"));
    await arrive(mine, "1");
    await arrive(theirs, "2");
  });

  test("a burst that a slow reader can't keep up with arrives whole", async () => {
    await using sender = await opened({ servers: url });
    await using messaging = await opened({ servers: url });
    using call = callOf(30_000);
    const inbox = await messaging.openInbox({ prefetch: 8_192 }, call);
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

  test("an inbox that nobody reads keeps no more than its prefetch, and goes on when it is read", async () => {
    await using messaging = await opened({ servers: url });
    using call = callOf(30_000);
    const inbox = await messaging.openInbox({ prefetch: 10 }, call);
    await inbox.addMany(["a", "b"], call);
    const other = await reading(messaging, ["c"]);
    for (let round = 0; round < 3; round += 1) {
      await publish(messaging, ...Array.from({ length: 1_000 }, (_, index) => message("a", String(index))));
      await publish(messaging, message("c", "elsewhere"));
    }
    await arrive(other, "elsewhere", "elsewhere", "elsewhere");
    const pages: AsyncIterator<readonly Delivery[], undefined> = inbox[Symbol.asyncIterator]();
    assert.isAtMost((await pages.next()).value?.length ?? 0, 10);
    await publish(messaging, message("b", "last"));
    const texts: string[] = [];
    while (!texts.includes("last")) {
      for (const { body } of (await pages.next()).value ?? []) texts.push(Buffer.from(body).toString());
    }
    await inbox[Symbol.asyncDispose]();
  });

  test.skipIf(control === undefined)(
    "pings notice a frozen server, calls end at their deadline, and it resumes",
    async () => {
      await using messaging = await opened({ servers: url, pingIntervalMs: 100, connectTimeoutMs: 200 });
      const reader = await reading(messaging, ["a"]);
      await control?.freeze();
      try {
        using call = callOf(50);
        await rejection(messaging.publishMany([message("a", "lost")], call), "TIMEOUT");
        await eventually(() => assert.deepEqual(reader.routes, ["down"]));
        using later = callOf();
        const error = await rejection(messaging.publishMany([message("a", "never sent")], later), "UNAVAILABLE");
        assert.isFalse(error.mayHaveApplied);
      } finally {
        await control?.thaw();
      }
      await eventually(() => assert.deepEqual(reader.routes, ["down", "up"]));
      await publish(messaging, message("a", "again"));
      await eventually(() => assert.include(reader.texts, "again"));
      assert.notInclude(reader.texts, "never sent");
    },
  );
});
