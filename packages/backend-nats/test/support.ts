/** What the tests with a server share. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MessagingBackend } from "@muster/core/slots";
import { obtainServer, type Server } from "@muster/servers";
import { callOf } from "@muster/testing";
import { natsMessaging, type NatsOptions } from "../src/index.ts";

export async function opened(options: NatsOptions, namespace = "iot"): Promise<MessagingBackend> {
  const messaging = natsMessaging(options);
  using call = callOf();
  await messaging.open({ namespace }, call);
  return messaging;
}

/** A server of its own with a configuration file; only native ones can read it. */
export async function configured(configuration: string): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), "nats-test-"));
  const file = join(folder, "nats.conf");
  await writeFile(file, configuration);
  const server = await obtainServer("nats", { arguments: ["-c", file] });
  return {
    ...server,
    async [Symbol.asyncDispose](): Promise<void> {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
