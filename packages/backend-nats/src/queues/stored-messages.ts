/** What messages say, stored once for all their recipients, and kept at hand by whoever hands them out. */

import { type DurableMessage, MusterError } from "@muster/core/slots";
import type { JetStream, Stored } from "../jetstream/api.ts";
import type { QueueCall } from "../jetstream/call.ts";
import type { ServerClock } from "../jetstream/clock.ts";
import type { QueueSubjects } from "../keys.ts";
import { NAME } from "../errors.ts";
import { framed, unframed } from "./frames.ts";

/** Entries of one multicast are enqueued over some time, and all of them have the message for their whole life. */
const SLACK_MS = 600_000;
const MOST = 256;
const MOST_BYTES = 16_777_216;
const TRIES = 10;

interface Described {
  readonly id: string;
  readonly contentType: string;
  readonly sentAt: number;
  readonly guarantee: DurableMessage["guarantee"];
  readonly replyTo?: string;
}

interface Kept {
  readonly message: DurableMessage;
  /** Epoch ms: as long as it is certainly stored. */
  readonly until: number;
}

/** Beside the payload, in JSON. */
export interface StoredHead extends Described {
  readonly until: number;
}

export class StoredMessages {
  readonly #jetStream: JetStream;
  readonly #subjects: QueueSubjects;
  readonly #clock: ServerClock;
  /** The one that was used last is the last. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor(jetStream: JetStream, subjects: QueueSubjects, clock: ServerClock) {
    this.#jetStream = jetStream;
    this.#subjects = subjects;
    this.#clock = clock;
  }

  /** Resolves when it is stored for as long as somebody may wait for it. */
  async store(message: DurableMessage, expiresAt: number, call: QueueCall): Promise<void> {
    if ((this.#kept.get(message.id)?.until ?? 0) >= expiresAt) return;
    const until = expiresAt + SLACK_MS;
    const subject = this.#subjects.message(message.id);
    const body = framed({ ...describe(message), until }, message.payload);
    for (let expected = 0, left = TRIES; left > 0; left -= 1) {
      const published = await this.#jetStream.publish(subject, body, { expected }, call);
      if (!("refused" in published)) {
        this.#keep({ message: { ...message, payload: Uint8Array.from(message.payload) }, until });
        return;
      }
      const stored = await this.#read(message.id, call);
      if (stored !== undefined && stored.kept.until >= expiresAt) return;
      expected = stored?.sequence ?? 0;
    }
    throw new MusterError({
      code: "UNAVAILABLE",
      source: `${NAME}.${call.operation}`,
      subject: message.id,
      message: "others write the message all the time",
      mayHaveApplied: true,
    });
  }

  /** `undefined`: it isn't stored, or not yet. */
  async read(id: string, call: QueueCall): Promise<DurableMessage | undefined> {
    const kept = this.#kept.get(id);
    if (kept !== undefined && kept.until > this.#clock.now) return kept.message;
    return (await this.#read(id, call))?.kept.message;
  }

  async #read(id: string, call: QueueCall): Promise<{ readonly kept: Kept; readonly sequence: number } | undefined> {
    const query = { last_by_subj: this.#subjects.message(id) };
    const stored = await this.#jetStream.get(this.#subjects.states, query, call);
    if (stored === undefined) return undefined;
    const kept = keptIn(stored);
    this.#keep(kept);
    return { kept, sequence: stored.sequence };
  }

  #keep(kept: Kept): void {
    const { id } = kept.message;
    this.#forget(id);
    this.#kept.set(id, kept);
    this.#bytes += kept.message.payload.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST && this.#bytes <= MOST_BYTES) return;
      this.#forget(oldest);
    }
  }

  #forget(id: string): void {
    this.#bytes -= this.#kept.get(id)?.message.payload.length ?? 0;
    this.#kept.delete(id);
  }
}

export function describe({ id, contentType, sentAt, guarantee, replyTo }: DurableMessage): Described {
  return { id, contentType, sentAt, guarantee, ...(replyTo === undefined ? {} : { replyTo }) };
}

export function messageOf(head: Described, payload: Uint8Array): DurableMessage {
  const { id, contentType, sentAt, guarantee, replyTo } = head;
  return { id, contentType, sentAt, guarantee, replyTo, payload };
}

function keptIn({ data }: Stored): Kept {
  const { head, payload } = unframed<StoredHead>(data);
  return { message: messageOf(head, payload), until: head.until };
}
