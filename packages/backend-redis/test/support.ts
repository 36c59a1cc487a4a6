/** What tests with a real server share. */

import { faultProxy } from "@muster/conformance/faults";
import type { Delivery, Inbox, MessagingBackend, Outgoing } from "@muster/core/slots";
import type { Server } from "@muster/servers";
import { within } from "@muster/testing";
import { Redis } from "ioredis";
import { type RedisClient, redisClient } from "../src/client.ts";
import { type RedisOptions, redisMessaging } from "../src/index.ts";
import { type Script, script } from "../src/scripts/script.ts";

const COUNT: Script = script({ name: "count", lua: [`return redis.call("INCR", KEYS[1])`] });
export const READ: Script = script({ name: "read", flags: ["no-writes"], lua: [`return redis.call("GET", KEYS[1])`] });

export async function openMessaging(options: RedisOptions, namespace: string): Promise<MessagingBackend> {
  const messaging = redisMessaging(options);
  await messaging.open({ namespace }, within(5_000));
  return messaging;
}

/** Reads in the background; gives what has come so far, as `address=text`. */
export function reading(inbox: Inbox): readonly string[] {
  const texts: string[] = [];
  const read = async (): Promise<void> => {
    for await (const page of inbox) texts.push(...page.map(textOf));
  };
  read().catch((error: unknown) => texts.push(String(error)));
  return texts;
}

function textOf({ address, body }: Delivery): string {
  return `${address}=${Buffer.from(body).toString()}`;
}

/** Sends one command over a connection of its own. */
export async function tell(url: string, command: string, ...args: readonly (string | number)[]): Promise<unknown> {
  const redis = new Redis(url).on("error", () => {});
  try {
    return await redis.call(command, ...args);
  } finally {
    redis.disconnect();
  }
}

export async function opened(options: RedisOptions): Promise<RedisClient & Disposable> {
  const client = redisClient(options);
  await client.open(within(5_000));
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}

export async function count(client: RedisClient, key: string): Promise<unknown> {
  return client.run(COUNT, [key], [], within(5_000));
}

/** Whether a request runs a script. */
export function isEval(request: Uint8Array): boolean {
  return /evalsha|eval/.test(Buffer.from(request).toString("latin1"));
}

export async function proxyOf({ port }: Server): ReturnType<typeof faultProxy> {
  return faultProxy({ host: "127.0.0.1", port });
}

export function numbered(length: number): readonly string[] {
  return Array.from({ length }, (_, n) => `address-${n}`);
}

/** Publishes, and gives index and code of each failure. */
export async function failuresOf(publisher: MessagingBackend, batch: readonly Outgoing[]): Promise<readonly string[]> {
  const failures = await publisher.publishMany(batch, within(10_000));
  return failures.map(({ index, error }) => `${index} ${error.code}`);
}
