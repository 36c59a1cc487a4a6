/** Inboxes of a real server, and what comes to them. */

import type { Delivery, Inbox, InboxOptions, MessagingBackend, Outgoing } from "@muster/core/slots";
import { within } from "@muster/testing";
import { expect, onTestFinished } from "vitest";
import { type PostgresOptions, postgresMessaging } from "../../src/index.ts";
import { tell } from "../support.ts";

type Told = Parameters<typeof tell>[0];

export const SECOND = 1_000;

export function message(address: string, text = ""): Outgoing {
  return { address, headers: {}, body: Buffer.from(text) };
}

export function textsOf(deliveries: readonly Delivery[]): readonly string[] {
  return deliveries.map(({ body }) => Buffer.from(body).toString());
}

export function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => String(n));
}

export async function opened(options: PostgresOptions, namespace: string): Promise<MessagingBackend> {
  const messaging = postgresMessaging(options);
  await messaging.open({ namespace }, within(10 * SECOND));
  onTestFinished(async () => messaging.close());
  return messaging;
}

export async function inboxOn(
  messaging: MessagingBackend,
  addresses: readonly string[],
  options: Partial<InboxOptions> = {},
): Promise<Inbox> {
  const inbox = await messaging.openInbox({ prefetch: 10_000, ...options }, within(10 * SECOND));
  expect(await inbox.addMany(addresses, within(10 * SECOND))).toEqual([]);
  return inbox;
}

/** All that comes, from now on. */
export function read(inbox: Inbox): Delivery[] {
  const all: Delivery[] = [];
  const reading = async (): Promise<void> => {
    for await (const page of inbox) all.push(...page);
  };
  reading().catch((error: unknown) => all.push({ address: String(error), headers: {}, body: new Uint8Array() }));
  return all;
}

/** Rows of the inboxes of the namespace `$1`. */
export const MINE = "inbox in (select inbox from muster.inboxes where namespace = $1)";

/** How many inboxes, addresses and messages of a namespace lie in the tables. */
export async function rowsOf(server: Told, namespace: string): Promise<readonly number[]> {
  const text = `select (select count(*) from muster.inboxes where namespace = $1),
    (select count(*) from muster.inbox_addresses where namespace = $1),
    (select count(*) from muster.inbox_messages where ${MINE})`;
  const [row = []] = await tell(server, text, [namespace]);
  return row.map(Number);
}

/** Whoever holds the lock of an inbox of that namespace. */
export const HOLDERS = `select l.pid from muster.inboxes i join pg_locks l on l.locktype = 'advisory' and l.granted
  and (l.classid::bigint << 32 | l.objid::bigint) = i.key where i.namespace = $1`;

/** Ends the connection of that namespace's one inbox. */
export async function endLine(server: Told, namespace: string): Promise<void> {
  const ended = await tell(server, `select pg_terminate_backend(pid) from (${HOLDERS}) h`, [namespace]);
  expect(ended).toEqual([[true]]);
}
