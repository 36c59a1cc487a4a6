/** The contract's `dequeue`. It never waits: whoever finds nothing asks again. */

import type { DequeueOptions, DurableMessage, Leased, LeasedRecipient } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { dequeueScript } from "../scripts/queues/dequeue.ts";
import { bytesIn, listIn, numberIn } from "../store/replies.ts";
import { checkDequeue, checkSession, MAX_BATCH } from "./arguments.ts";
import { receiptsOf } from "./receipts.ts";
import { run, type Space } from "./space.ts";

/** How often what lies in the way is put aside until it is left to the next call. */
const MOST_ROUNDS = 8;
/** Texts of one row. */
const ROW = 5;

export async function dequeue(
  space: Space,
  session: string,
  options: DequeueOptions,
  call: RedisCall,
): Promise<readonly Leased[]> {
  checkSession(session, "dequeue");
  checkDequeue(options);
  const max = Math.min(Math.floor(options.max), MAX_BATCH);
  const maxEach = Math.min(Math.floor(options.maxPerIdentity), max);
  const args = [session, max, maxEach, Math.ceil(options.leaseMs)];
  for (let round = 0; ; round += 1) {
    const reply = await run(space, dequeueScript, args, call);
    if (reply === null) return [];
    const [rows, contents, again] = listIn(reply);
    const leased = leasedIn(space.seal, listIn(rows), listIn(contents));
    if (leased.length > 0 || numberIn(again) === 0 || round === MOST_ROUNDS) return leased;
  }
}

/** Where several rows of one message follow each other they are one. */
function leasedIn(seal: string, rows: readonly unknown[], contents: readonly unknown[]): readonly Leased[] {
  const messages = new Map<string, DurableMessage>();
  for (let at = 0; at < contents.length; at += 2)
    messages.set(textOf(contents[at]), messageIn(listIn(contents[at + 1])));
  const all: { readonly number: string; readonly message: DurableMessage; readonly recipients: LeasedRecipient[] }[] =
    [];
  for (let at = 0; at < rows.length; at += ROW) {
    const page = textOf(rows[at]);
    const number = page.slice(0, page.indexOf(":"));
    const message = messages.get(number);
    if (message === undefined) continue;
    const last = all.at(-1);
    const group = last?.number === number ? last : { number, message: ownCopyOf(message), recipients: [] };
    if (group !== last) all.push(group);
    recipientsInto(group.recipients, receiptsOf(seal, page), rows.slice(at + 1, at + ROW).map(textOf));
  }
  return all.map(({ message, recipients }) => ({ message, recipients }));
}

function recipientsInto(
  recipients: LeasedRecipient[],
  receiptFor: (place: number | string, serial: number | string) => string,
  [places = "", serials = "", attempts = "", text = ""]: readonly string[],
): void {
  const parts = text.split("\0");
  const isWhole = places === "";
  const chosen = places.split(",");
  // Of a whole page session and size come first.
  for (let at = isWhole ? 2 : 0, place = 1; at < parts.length; at += 2, place += 1) {
    recipients.push({
      identity: parts[at] ?? "",
      epoch: Number(parts[at + 1]),
      receipt: receiptFor(isWhole ? place : (chosen[place - 1] ?? ""), serials === "" ? 1 : serials),
      attempt: attempts === "" ? 1 : Number(attempts),
    });
  }
}

/** Of id, content type, when it was sent, whether once, where to reply, and payload. */
export function messageIn(content: readonly unknown[]): DurableMessage {
  const [id = "", contentType = "", sentAt = "", once = "", reply = ""] = content.slice(0, 5).map(textOf);
  return {
    id,
    contentType,
    sentAt: Number(sentAt),
    guarantee: once === "1" ? "exactly-once" : "at-least-once",
    replyTo: reply === "" ? undefined : reply.slice(1),
    payload: new Uint8Array(bytesIn(content[5])),
  };
}

/** Each group has bytes of its own. */
function ownCopyOf(message: DurableMessage): DurableMessage {
  return { ...message, payload: new Uint8Array(message.payload) };
}

function textOf(reply: unknown): string {
  return bytesIn(reply).toString();
}
