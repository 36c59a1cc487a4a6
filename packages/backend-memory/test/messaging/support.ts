/** What the tests of messaging share: clients, inboxes and what is in them. */

import type { Delivery, Inbox, MessagingBackend, Outgoing } from "@muster/core/slots";
import { type MemoryMessagingOptions, memoryMessaging } from "../../src/index.ts";
import { CALL, NAMESPACE } from "../support.ts";

/** A client of messaging, open. */
export async function open(options: MemoryMessagingOptions = {}, namespace = NAMESPACE): Promise<MessagingBackend> {
  const messaging = memoryMessaging(options);
  await messaging.open({ namespace }, CALL);
  return messaging;
}

export async function listen(
  messaging: MessagingBackend,
  addresses: readonly string[],
  prefetch = 1_000,
): Promise<Inbox> {
  const inbox = await messaging.openInbox({ prefetch }, CALL);
  await inbox.addMany(addresses, CALL);
  return inbox;
}

export function message(address: string, text = "", headers: Record<string, string> = {}): Outgoing {
  return { address, headers, body: new TextEncoder().encode(text) };
}

export function texts(deliveries: readonly Delivery[]): readonly string[] {
  return deliveries.map(({ body }) => new TextDecoder().decode(body));
}

/** What the next page says. */
export async function nextTexts(pages: AsyncIterator<readonly Delivery[], unknown>): Promise<readonly string[]> {
  const page = await pages.next();
  return page.done ? [] : texts(page.value);
}

/** Closes the inbox and gives all that it had received. */
export async function drain(inbox: Inbox): Promise<readonly Delivery[]> {
  const received: Delivery[] = [];
  await inbox[Symbol.asyncDispose]();
  for await (const page of inbox) received.push(...page);
  return received;
}
