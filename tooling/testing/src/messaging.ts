/** The door for tests of messaging: messages, and inboxes that are read as their pages come. */

import { deepStrictEqual } from "node:assert/strict";
import type { Delivery, Inbox, InboxOptions, MessagingBackend, Outgoing } from "@muster/core/slots";
import { callOf } from "./calls.ts";
import { eventually } from "./eventually.ts";

export function message(address: string, body: string | Uint8Array = "", headers: Outgoing["headers"] = {}): Outgoing {
  return { address, headers, body: typeof body === "string" ? Buffer.from(body) : body };
}

/** Each of them is accepted. */
export async function publish(from: MessagingBackend, ...batch: readonly Outgoing[]): Promise<void> {
  using call = callOf();
  deepStrictEqual(await from.publishMany(batch, call), []);
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
  deepStrictEqual(await inbox.addMany(addresses, call), []);
  return new Reader(inbox, routes);
}

/** Just these, in this order. */
export async function arrive(reader: Reader, ...texts: readonly string[]): Promise<void> {
  await eventually(() => deepStrictEqual(reader.texts, texts));
}
