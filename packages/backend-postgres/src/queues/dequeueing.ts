/** The contract's `dequeue`. It never waits: whoever finds nothing asks again. */

import type { DequeueOptions, DurableMessage, Leased } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { bytesIn, type Row } from "../codec.ts";
import { checks, MAX_BATCH } from "./arguments.ts";
import { receiptHead, receiptOf } from "./receipts.ts";
import type { Space } from "./space.ts";

/** How often what lies in the way is put aside until it is left to the next call. */
const MOST_ROUNDS = 8;

export async function dequeue(
  space: Space,
  session: string,
  options: DequeueOptions,
  call: PostgresCall,
): Promise<readonly Leased[]> {
  checks.checkSession(session, call.operation);
  checks.checkDequeue(options);
  const { client, number, sql, crowded } = space;
  const max = Math.min(Math.floor(options.max), MAX_BATCH);
  const maxEach = Math.min(Math.floor(options.maxPerIdentity), max);
  for (let round = 0; ; round += 1) {
    if (crowded.delete(session)) await client.query(sql.park, [number, session, max, maxEach], call);
    const rows = await client.query(sql.dequeue, [number, session, max, maxEach, Math.ceil(options.leaseMs)], call);
    const handed = rows.filter(([, , message]) => message !== null);
    // What has been leased goes to its caller first; nothing that could fail comes between.
    if (handed.length < rows.length) crowded.add(session);
    if (handed.length > 0 || rows.length === 0 || round === MOST_ROUNDS) return leasedIn(handed);
  }
}

/** One page after the other; where several of one message follow each other they are one. */
function leasedIn(rows: readonly Row[]): readonly Leased[] {
  const messages = new Map<string, DurableMessage>();
  const all: { readonly message: DurableMessage; readonly number: string; readonly recipients: Recipient[] }[] = [];
  for (const [lease = null, size = null, number = null, ...row] of rows) {
    if (lease === null || size === null || number === null) continue;
    const message = messages.get(number) ?? messageIn(row);
    messages.set(number, message);
    const last = all.at(-1);
    const group = last?.number === number ? last : { message: ownCopyOf(message), number, recipients: [] };
    if (group !== last) all.push(group);
    recipientsInto(group.recipients, receiptHead(lease, size, number), row.slice(6));
  }
  return all.map(({ message, recipients }) => ({ message, recipients }));
}

type Recipient = Leased["recipients"][number];

function recipientsInto(recipients: Recipient[], head: string, columns: Row): void {
  const [identities, epochs, attempts, places] = columns.map((json) => JSON.parse(json ?? "[]") as unknown[]); // As the function answers.
  for (const [index, identity] of (identities as string[]).entries()) {
    const attempt = Number(attempts?.[index]);
    const receipt = receiptOf(head, attempt, String(places?.[index]), identity);
    recipients.push({ identity, epoch: Number(epochs?.[index]), receipt, attempt });
  }
}

/** Of id, content type, when it was sent, whether once, where to reply, and payload. */
export function messageIn([id, contentType, sentAt, once, replyTo, payload]: Row): DurableMessage {
  return {
    id: id ?? "",
    contentType: contentType ?? "",
    sentAt: Number(sentAt),
    guarantee: once === "t" ? "exactly-once" : "at-least-once",
    replyTo: replyTo ?? undefined,
    payload: bytesIn(payload),
  };
}

/** Each group has bytes of its own. */
function ownCopyOf(message: DurableMessage): DurableMessage {
  return { ...message, payload: new Uint8Array(message.payload) };
}
