/** The contract's `dequeue`. It never waits: whoever finds nothing asks again. */

import type { DequeueOptions, DurableMessage, Leased, LeasedRecipient } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { dequeueScript } from "../scripts/queues/dequeue.ts";
import { bytesIn, listIn, numberIn } from "../store/replies.ts";
import { checks, MAX_BATCH } from "./arguments.ts";
import { givenPage } from "./given-pages.ts";
import { pageText } from "./page-texts.ts";
import { firstReceipts, receiptsOf } from "./receipts.ts";
import { run, type Space } from "./space.ts";

/** How often what lies in the way is put aside until it is left to the next call. */
const MOST_ROUNDS = 8;
/** Texts of one row, and of one of whole pages. */
const ROW = 5;
const WHOLE = 3;

export async function dequeue(
  space: Space,
  session: string,
  options: DequeueOptions,
  call: RedisCall,
): Promise<readonly Leased[]> {
  checks.checkSession(session, "dequeue");
  checks.checkDequeue(options);
  const max = Math.min(Math.floor(options.max), MAX_BATCH);
  const maxEach = Math.min(Math.floor(options.maxPerIdentity), max);
  const args = [session, max, maxEach, Math.ceil(options.leaseMs)];
  for (let round = 0; ; round += 1) {
    const reply = await run(space, dequeueScript, args, call);
    if (reply === null) return [];
    const [rows, contents, again, width = ROW] = listIn(reply);
    const messages = messagesIn(listIn(contents));
    const leased = (width === ROW ? leasedIn : wholesIn)(space, listIn(rows), messages);
    if (leased.length > 0 || numberIn(again) === 0 || round === MOST_ROUNDS) return leased;
  }
}

type Messages = ReadonlyMap<string, DurableMessage>;

function messagesIn(contents: readonly unknown[]): Messages {
  const messages = new Map<string, DurableMessage>();
  for (let at = 0; at < contents.length; at += 2)
    messages.set(textOf(contents[at]), messageIn(listIn(contents[at + 1])));
  return messages;
}

/** Where several rows of one message follow each other they are one. */
class Groups {
  readonly all: { readonly message: DurableMessage; readonly recipients: LeasedRecipient[] }[] = [];
  readonly #messages: Messages;
  #last = "";

  constructor(messages: Messages) {
    this.#messages = messages;
  }

  /** Where those of a page belong; `undefined` where its message is not there. */
  recipientsOf(page: string): LeasedRecipient[] | undefined {
    const number = page.slice(0, page.indexOf(":"));
    const last = this.all.at(-1);
    if (last !== undefined && this.#last === number) return last.recipients;
    const message = this.#messages.get(number);
    if (message === undefined) return undefined;
    this.#last = number;
    const recipients: LeasedRecipient[] = [];
    this.all.push({ message: ownCopyOf(message), recipients });
    return recipients;
  }
}

function leasedIn({ seal }: Space, rows: readonly unknown[], messages: Messages): readonly Leased[] {
  const groups = new Groups(messages);
  for (let at = 0; at < rows.length; at += ROW) {
    const page = textOf(rows[at]);
    const recipients = groups.recipientsOf(page);
    if (recipients === undefined) continue;
    recipientsInto(recipients, receiptsOf(seal, page), rows.slice(at + 1, at + ROW).map(textOf));
  }
  return groups.all;
}

/** Of each page: its name, its text, and what has been written of it. */
function wholesIn(space: Space, rows: readonly unknown[], messages: Messages): readonly Leased[] {
  const groups = new Groups(messages);
  for (let at = 0; at < rows.length; at += WHOLE) {
    const page = textOf(rows[at]);
    const recipients = groups.recipientsOf(page);
    if (recipients === undefined) continue;
    const { session, identities, epochs } = space.pageTexts.read(textOf(rows[at + 1]));
    const receipts = firstReceipts(space.seal, page, identities.length);
    for (let index = 0; index < receipts.length; index += 1) {
      const receipt = receipts[index] ?? "";
      recipients.push(recipientOf(identities[index] ?? "", epochs[index] ?? 0, receipt, 1));
    }
    space.given.add(givenPage(page, session, receipts, textOf(rows[at + 2])));
  }
  return groups.all;
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
    const receipt = receiptFor(isWhole ? place : (chosen[place - 1] ?? ""), serials === "" ? 1 : serials);
    const attempt = attempts === "" ? 1 : Number(attempts);
    recipients.push(recipientOf(parts[at] ?? "", Number(parts[at + 1]), receipt, attempt));
  }
}

function recipientOf(identity: string, epoch: number, receipt: string, attempt: number): LeasedRecipient {
  return { identity, epoch, receipt, attempt };
}

/** One of each kind of object that lasts as long as a lease: see `store/kept-shapes.ts`. */
export function shapesOfLeases(): readonly unknown[] {
  const message = messageIn(Array.from({ length: 6 }, () => Buffer.alloc(0)));
  const groups = new Groups(new Map([["1", message]]));
  groups.recipientsOf("1:1")?.push(recipientOf("", Date.now() * 1_000, "", 1));
  return [message, groups, pageText(["s", "1", "i", "1"].join("\0")), givenPage("1:1", "s", [""], "l")];
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
