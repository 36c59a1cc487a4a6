import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { withServer } from "@muster/servers/vitest";
import { assert, describe, test } from "vitest";
import { kafkaMessaging } from "../src/index.ts";
import { callOf, eventually, freePort, opened, rejection } from "./support.ts";

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
    url: `kafka://127.0.0.1:${port}`,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const client of clients) client.destroy();
      await once(server.close(), "close");
    },
  };
}

describe("opening", () => {
  test("a broker that refuses connections is UNAVAILABLE", async () => {
    await using messaging = kafkaMessaging({ url: `kafka://127.0.0.1:${await freePort()}` });
    using call = callOf();
    await rejection(messaging.open({ namespace: "iot" }, call), "UNAVAILABLE");
  });

  test("a broker that accepts and stays silent ends with the call, and nothing is left behind", async () => {
    const accepted: Socket[] = [];
    await using silent = await impostor((socket) => void accepted.push(socket.resume()));
    await using messaging = kafkaMessaging({ url: silent.url, connectTimeoutMs: 500 });
    using call = callOf(200);
    await rejection(messaging.open({ namespace: "iot" }, call), "TIMEOUT");
    await eventually(() => assert.isTrue(accepted.length === 1 && accepted.every(({ closed }) => closed)));
  });

  test("what answers but is no Kafka costs its time, and then the next one is asked", async () => {
    await using other = await impostor((socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await using silent = await impostor(() => undefined);
    const url = [silent.url, other.url, `kafka://127.0.0.1:${await freePort()}`];
    await using messaging = kafkaMessaging({ url, connectTimeoutMs: 100 });
    using call = callOf();
    const error = await rejection(messaging.open({ namespace: "iot" }, call), "UNAVAILABLE");
    assert.match(error.message, /ECONNREFUSED/);
  });

  test("options of TLS for a broker without it are CONFIG_INVALID", async () => {
    await using other = await impostor((socket) => void socket.once("data", () => socket.end("no TLS here, sorry")));
    await using messaging = kafkaMessaging({ url: other.url, tls: {}, connectTimeoutMs: 500 });
    using call = callOf();
    await rejection(messaging.open({ namespace: "iot" }, call), "CONFIG_INVALID");
  });
});

await withServer("kafka", { password: "s3cret" }, ({ host, port, url }) => {
  describe("a broker with a password", () => {
    test("a wrong one is UNAUTHENTICATED, and so is none; the right one opens, as an option or in the address", async () => {
      using call = callOf();
      const sasl = { mechanism: "plain", username: "muster" } as const;
      await using wrong = kafkaMessaging({ url, sasl: { ...sasl, password: "guess" } });
      await rejection(wrong.open({ namespace: "iot" }, call), "UNAUTHENTICATED");
      const bare = `kafka://${host}:${port}`;
      await using none = kafkaMessaging({ url: bare });
      await rejection(none.open({ namespace: "iot" }, call), "UNAVAILABLE");
      await (await opened({ url: bare, sasl: { ...sasl, password: "s3cret" } })).close();
      await (await opened({ url: `kafka://muster:s3cret@${host}:${port}` })).close();
    });
  });
});

/** Whoever has no user may all, which is the broker itself. */
const GUARDED = [
  "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
  "super.users=User:ANONYMOUS",
];

await withServer("kafka", { password: "s3cret", arguments: GUARDED }, ({ host, port }) => {
  test("a user who may not use the topic is PERMISSION_DENIED", async () => {
    await using messaging = kafkaMessaging({ url: `kafka://muster:s3cret@${host}:${port}` });
    using call = callOf();
    await rejection(messaging.open({ namespace: "iot" }, call), "PERMISSION_DENIED");
  });
});
