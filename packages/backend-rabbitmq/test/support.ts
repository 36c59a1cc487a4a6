/** What the tests with a server share. */

import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import {
  type Delivery,
  type DisposableCall,
  type ErrorCode,
  type Inbox,
  type InboxOptions,
  isMusterError,
  linkCall,
  type MessagingBackend,
  type MusterError,
  type Outgoing,
} from "@muster/core/slots";
import { assert } from "vitest";
import { rabbitmqMessaging, type RabbitmqMessagingOptions } from "../src/index.ts";

const PATIENCE_MS = 10_000;

export function callOf(timeoutMs: number = PATIENCE_MS): DisposableCall {
  return linkCall({ timeoutMs }, timeoutMs, "test");
}

export async function opened(options: RabbitmqMessagingOptions, namespace = "iot"): Promise<MessagingBackend> {
  const messaging = rabbitmqMessaging(options);
  using call = callOf();
  await messaging.open({ namespace }, call);
  return messaging;
}

export function message(address: string, body: string | Uint8Array = "", headers: Outgoing["headers"] = {}): Outgoing {
  return { address, headers, body: typeof body === "string" ? Buffer.from(body) : body };
}

export async function publish(from: MessagingBackend, ...batch: readonly Outgoing[]): Promise<void> {
  using call = callOf();
  assert.deepEqual(await from.publishMany(batch, call), []);
}

/** By their places in the batch; of a batch that was rejected, all of them. */
export async function failuresOf(
  from: MessagingBackend,
  batch: readonly Outgoing[],
  call: DisposableCall = callOf(),
): Promise<ReadonlyMap<number, MusterError>> {
  using ending = call;
  try {
    return new Map((await from.publishMany(batch, ending)).map(({ index, error }) => [index, error]));
  } catch (error) {
    if (!isMusterError(error)) throw error;
    return new Map(batch.map((_, index) => [index, error]));
  }
}

/** An inbox that is read as its pages come. */
export class Reader {
  readonly inbox: Inbox;
  readonly deliveries: Delivery[] = [];
  readonly routes: string[] = [];
  end: { readonly error?: unknown } | undefined;

  constructor(inbox: Inbox, routes: string[]) {
    this.inbox = inbox;
    this.routes = routes;
    this.#read().then(
      () => (this.end = {}),
      (error: unknown) => (this.end = { error }),
    );
  }

  get texts(): readonly string[] {
    return this.deliveries.map(({ body }) => Buffer.from(body).toString());
  }

  async #read(): Promise<void> {
    for await (const page of this.inbox) this.deliveries.push(...page);
  }
}

export async function reading(
  at: MessagingBackend,
  addresses: readonly string[],
  options: Partial<InboxOptions> = {},
): Promise<Reader> {
  const routes: string[] = [];
  using call = callOf();
  const inbox = await at.openInbox({ prefetch: 1_024, onRoute: (state) => void routes.push(state), ...options }, call);
  assert.deepEqual(await inbox.addMany(addresses, call), []);
  return new Reader(inbox, routes);
}

/** Asks until `probe` no longer throws; its last error when that takes too long. */
export async function eventually<T>(probe: () => T | Promise<T>, patienceMs: number = PATIENCE_MS): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (performance.now() > end) throw error;
      await wait(10);
    }
  }
}

export async function arrive(reader: Reader, ...texts: readonly string[]): Promise<void> {
  await eventually(() => assert.deepEqual(reader.texts, texts));
}

/** The error it rejects with, which has the code. */
export async function rejection<Code extends ErrorCode>(
  promise: Promise<unknown>,
  code: Code,
): Promise<MusterError<Code>> {
  const error = await promise.then(
    () => assert.fail(`it resolved instead of rejecting with ${code}`),
    (reason: unknown) => reason,
  );
  if (isMusterError(error, code)) return error;
  throw new Error(`expected ${code}, got ${String(error)}`, { cause: error });
}

/** Of a server that is started next: nobody else has it now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  await once(server.close(), "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
