import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { obtainServer } from "@muster/servers";
import { withServer } from "@muster/servers/vitest";
import { callOf, freePort, rejection } from "@muster/testing";
import { arrive, message, publish, reading } from "@muster/testing/messaging";
import { assert, describe, test } from "vitest";
import { rabbitmqMessaging } from "../src/index.ts";
import { opened } from "./support.ts";

/** A certificate for `localhost` that vouches for itself; its files. */
function certificateIn(folder: string): { readonly cert: string; readonly key: string } {
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", cert];
  execFileSync("openssl", ["req", ...made, ...subject], { stdio: "ignore" });
  return { cert, key };
}

await withServer("rabbitmq", {}, ({ origin }) => {
  describe.skipIf(origin !== "native")("a server that speaks TLS", { timeout: 60_000 }, () => {
    test("is spoken to when its certificate is known, and is CONFIG_INVALID when not", async () => {
      const folder = mkdtempSync(join(tmpdir(), "rabbitmq-tls-"));
      const port = await freePort();
      try {
        const { cert, key } = certificateIn(folder);
        await using _server = await obtainServer("rabbitmq", {
          arguments: [
            `listeners.ssl.1 = 127.0.0.1:${port}`,
            `ssl_options.certfile = ${cert}`,
            `ssl_options.keyfile = ${key}`,
          ],
        });
        const url = `amqps://localhost:${port}`;
        await using messaging = await opened({ url, tls: { ca: readFileSync(cert) } });
        const reader = await reading(messaging, ["a"]);
        await publish(messaging, message("a", "secret"));
        await arrive(reader, "secret");
        using call = callOf();
        const error = await rejection(rabbitmqMessaging({ url }).open({ namespace: "iot" }, call), "CONFIG_INVALID");
        assert.equal(error.detail.violations[0]?.path, "tls");
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  });
});
