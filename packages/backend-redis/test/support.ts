/** What tests with a real server share. */

import { randomUUID } from "node:crypto";
import { type Call, type Delivery, type Inbox, isMusterError, type MessagingBackend, type Outgoing } from "@muster/core/slots";
import { Redis } from "ioredis";
import { type RedisOptions, redisMessaging } from "../src/index.ts";

export function within(ms: number): Call {
  return { signal: AbortSignal.timeout(ms) };
}

export function freshNamespace(): string {
  return `test-${randomUUID()}`;
}

export async function openMessaging(options: RedisOptions, namespace: string): Promise<MessagingBackend> {
  const messaging = redisMessaging(options);
  await messaging.open({ namespace }, within(5_000));
  return messaging;
}

export function message(address: string, text: string): Outgoing {
  return { address, headers: {}, body: Buffer.from(text) };
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

/** `CODE`, or `CODE?` where it may have been applied; `fine` when it didn't reject. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "fine";
  } catch (error) {
    if (!isMusterError(error)) throw error;
    return error.mayHaveApplied ? `${error.code}?` : error.code;
  }
}

/** Sends one command over a connection of its own. */
export async function tell(url: string, command: string, ...args: readonly (string | number)[]): Promise<unknown> {
  const redis = new Redis(url);
  try {
    return await redis.call(command, ...args);
  } finally {
    redis.disconnect();
  }
}
