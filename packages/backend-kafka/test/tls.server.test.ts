import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { obtainServer, type Server } from "@muster/servers";
import { withServer } from "@muster/servers/vitest";
import { assert, describe, test } from "vitest";
import { kafkaMessaging, type KafkaMessagingOptions } from "../src/index.ts";
import { attached, enqueued, openedQueues } from "./queues/support.ts";
import { arrive, callOf, freePort, message, opened, publish, reading, rejection } from "./support.ts";

/** A certificate that vouches for itself, and the same with its key, as a broker takes it; their files. */
function certificateIn(folder: string, name: string): { readonly cert: string; readonly store: string } {
  const [cert, key, store] = [join(folder, "cert.pem"), join(folder, "key.pem"), join(folder, "store.pem")];
  const subject = ["-subj", "/CN=broker", "-addext", `subjectAltName=${name}`];
  const made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", cert];
  execFileSync("openssl", ["req", ...made, ...subject], { stdio: "ignore" });
  writeFileSync(store, readFileSync(key, "utf8") + readFileSync(cert, "utf8"));
  return { cert, store };
}

interface Guarded extends AsyncDisposable {
  readonly url: string;
  readonly ca: Buffer;
}

/** A broker with a second listener, which speaks TLS. */
async function guarded(name: string): Promise<Guarded> {
  const folder = mkdtempSync(join(tmpdir(), "kafka-tls-"));
  const port = await freePort();
  let server: Server | undefined;
  const remove = async (): Promise<void> => {
    await server?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  };
  try {
    const { cert, store } = certificateIn(folder, name);
    server = await obtainServer("kafka", {
      arguments: [
        `more.listeners=GUARDED://127.0.0.1:${port}`,
        "listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT,GUARDED:SSL",
        "listener.name.guarded.ssl.keystore.type=PEM",
        `listener.name.guarded.ssl.keystore.location=${store}`,
      ],
    });
    return { url: `kafka://127.0.0.1:${port}`, ca: readFileSync(cert), [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function assertNoTls(options: KafkaMessagingOptions, said: RegExp): Promise<void> {
  using call = callOf();
  await using messaging = kafkaMessaging(options);
  const error = await rejection(messaging.open({ namespace: "iot" }, call), "CONFIG_INVALID");
  assert.equal(error.detail.violations[0]?.path, "tls");
  assert.match(error.message, said);
}

await withServer("kafka", {}, ({ origin, url: plain }) => {
  describe.skipIf(origin !== "native")("a broker that speaks TLS", { timeout: 60_000 }, () => {
    test("is spoken to when its certificate is known, by both slots, and is CONFIG_INVALID when not", async () => {
      await using broker = await guarded("IP:127.0.0.1");
      const { url, ca } = broker;
      await using messaging = await opened({ url, tls: { ca } });
      const reader = await reading(messaging, ["a"]);
      await publish(messaging, message("a", "secret"));
      await arrive(reader, "secret");
      await using queues = await openedQueues({ url, tls: { ca } });
      await attached(queues, "s-1", ["sensor-7"]);
      await enqueued(queues, "m-1", ["sensor-7"]);
      await assertNoTls({ url, tls: {} }, /self.signed certificate/i);
    });

    test("and whose certificate is another's is CONFIG_INVALID", async () => {
      await using broker = await guarded("DNS:elsewhere.example");
      await assertNoTls({ url: broker.url, tls: { ca: broker.ca } }, /does not match certificate/i);
    });

    test("is UNAVAILABLE to who speaks without it", async () => {
      await using broker = await guarded("IP:127.0.0.1");
      using call = callOf();
      await using messaging = kafkaMessaging({ url: broker.url, connectTimeoutMs: 1_000 });
      await rejection(messaging.open({ namespace: "iot" }, call), "UNAVAILABLE");
    });
  });

  test("a broker without TLS is UNAVAILABLE to who speaks it: it hangs up without a word", async () => {
    using call = callOf();
    await using messaging = kafkaMessaging({ url: plain, tls: {}, connectTimeoutMs: 1_000 });
    await rejection(messaging.open({ namespace: "iot" }, call), "UNAVAILABLE");
  });
});
