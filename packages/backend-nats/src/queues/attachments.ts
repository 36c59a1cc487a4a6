/**
 * Who is attached where: one record for each identity, which every process keeps a copy of.
 *
 * Records are written on the condition that nobody else has written meanwhile, so a copy that is behind does no harm to
 * them. Whoever needs to know what stands asks for the stream's last sequence, one short request whatever the number of
 * identities, and reads what it hasn't seen.
 */

import type { DeadCode } from "@muster/core/slots";
import type { JetStream, Stored } from "../jetstream/api.ts";
import { QueueCall } from "../jetstream/call.ts";
import { scan } from "../jetstream/scan.ts";
import type { QueueSubjects } from "../keys.ts";
import { unavailable } from "../errors.ts";

/** As it is stored, in JSON. */
export interface Attachment {
  readonly identity: string;
  /** Absent: attached nowhere. */
  readonly session?: string;
  /** Of the last attachment. */
  readonly epoch: number;
  /** Names the attachment: another one each time, and larger. */
  readonly version: number;
  /** Everything enqueued for this epoch or a lower one has been dropped; absent: nothing has. */
  readonly dropped?: { readonly epoch: number; readonly code: DeadCode; readonly reason: string };
  /** Sessions it was attached to before, the last one first: what a crash has left behind there is looked for by sweeps. */
  readonly trail: readonly string[];
}

/** More than that are left behind only when as many processes in turn die while they attach. */
const MAX_TRAIL = 4;
/** So many are read one by one; more are read through a consumer. */
const FEW = 64;
const CATCH_UP_ROUNDS = 20;
/** It is nobody's alone, and ends when JetStream answers or doesn't. */
const SYNC: QueueCall = new QueueCall({ signal: new AbortController().signal }, "sync");

interface Known {
  readonly attachment: Attachment;
  readonly sequence: number;
  /** When it was stored, epoch ms; of what was written here as soon as it has been read. */
  readonly time: number;
}

export class Attachments {
  readonly #jetStream: JetStream;
  readonly #subjects: QueueSubjects;
  readonly #known = new Map<string, Known>();
  #seen = 0;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(jetStream: JetStream, subjects: QueueSubjects) {
    this.#jetStream = jetStream;
    this.#subjects = subjects;
  }

  /** As of the last {@link sync}. */
  of(identity: string): Attachment | undefined {
    return this.#known.get(identity)?.attachment;
  }

  all(): Iterable<Attachment> {
    return Array.from(this.#known.values(), ({ attachment }) => attachment);
  }

  /** Resolves when all that was written before it was called is known here. Whoever asks at once asks together. */
  async sync(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#catchUp(SYNC).finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    // What runs may have asked already.
    this.#next ??= this.#running
      .catch(() => undefined) // Told to whoever has begun it.
      .then(async () => {
        this.#next = undefined;
        return this.sync();
      });
    return this.#next;
  }

  /** False: somebody else has written it meanwhile. */
  async write(attachment: Attachment, call: QueueCall): Promise<boolean> {
    const { identity } = attachment;
    const expected = this.#known.get(identity)?.sequence ?? 0;
    const subject = this.#subjects.attachment(identity);
    const published = await this.#jetStream.publish(subject, JSON.stringify(attachment), { expected }, call);
    if ("refused" in published) {
      await this.#read(identity, call);
      return false;
    }
    this.#learn(attachment, { sequence: published.sequence, time: Number.POSITIVE_INFINITY });
    return true;
  }

  /** Also where it has been deleted, of which nobody is told. */
  async #read(identity: string, call: QueueCall): Promise<void> {
    const { attachments } = this.#subjects;
    const last_by_subj = this.#subjects.attachment(identity);
    const stored = await this.#jetStream.get(attachments, { last_by_subj }, call);
    if (stored === undefined) this.#known.delete(identity);
    else this.#learn(attachmentIn(stored.data), stored);
  }

  /** Whoever has been attached nowhere since before that time. The stream may still know. */
  forget(before: number): void {
    for (const [identity, { attachment, time }] of this.#known)
      if (attachment.session === undefined && time < before) this.#known.delete(identity);
  }

  #learn(attachment: Attachment, { sequence, time }: Pick<Stored, "sequence" | "time">): void {
    const known = this.#known.get(attachment.identity);
    if (known === undefined || known.sequence <= sequence)
      this.#known.set(attachment.identity, { attachment, sequence, time });
  }

  async #catchUp(call: QueueCall): Promise<void> {
    const { attachments: stream } = this.#subjects;
    const last = await this.#jetStream.get(stream, { last_by_subj: ">" }, call);
    const to = last?.sequence ?? 0;
    if (to < this.#seen) await this.#restore(call);
    for (let round = 0; this.#seen < to; round += 1) {
      if (round === CATCH_UP_ROUNDS)
        throw unavailable("who is attached can't be read", { operation: call.operation, mayHaveApplied: true });
      if (to - this.#seen <= FEW) await this.#readFew(to, last, call);
      else await this.#readMany(to, call);
    }
  }

  /** The stream has been deleted and made anew: what is known here is written again, unless somebody else has done it. */
  async #restore(call: QueueCall): Promise<void> {
    const lost = [...this.all()];
    this.#known.clear();
    this.#seen = 0;
    await Promise.all(lost.map(async (one) => this.write(one, call)));
  }

  async #readFew(to: number, last: Stored | undefined, call: QueueCall): Promise<void> {
    const sequences = Array.from({ length: to - this.#seen - 1 }, (_, index) => this.#seen + 1 + index);
    const { attachments: stream } = this.#subjects;
    const found = await Promise.all(sequences.map(async (seq) => this.#jetStream.get(stream, { seq }, call)));
    for (const stored of [...found, last]) if (stored !== undefined) this.#learn(attachmentIn(stored.data), stored);
    this.#seen = Math.max(this.#seen, to);
  }

  async #readMany(to: number, call: QueueCall): Promise<void> {
    const found = await scan(this.#jetStream, this.#subjects.attachments, { from: this.#seen + 1 }, call);
    for (const stored of found) {
      this.#learn(attachmentIn(stored.data), stored);
      this.#seen = Math.max(this.#seen, stored.sequence);
    }
    if (found.length === 0 && this.#seen < to) await this.#readFewBehind(to, call);
  }

  /** A replica that is behind shows nothing; its leader does. */
  async #readFewBehind(to: number, call: QueueCall): Promise<void> {
    const { attachments: stream, allAttachments } = this.#subjects;
    for (let read = 0; read < FEW && this.#seen < to; read += 1) {
      const query = { seq: this.#seen + 1, next_by_subj: allAttachments };
      const stored = await this.#jetStream.get(stream, query, call);
      if (stored === undefined) {
        this.#seen = to;
        return;
      }
      this.#learn(attachmentIn(stored.data), stored);
      this.#seen = stored.sequence;
    }
  }
}

export function attachmentIn(data: Uint8Array): Attachment {
  return JSON.parse(Buffer.from(data).toString("utf8")) as Attachment; // Written by the one above.
}

/** Where entries of it may be that nobody moves, beside where they belong. */
export function trailOf(attachment: Attachment | undefined, but: string | undefined): readonly string[] {
  if (attachment === undefined) return [];
  const { session, trail } = attachment;
  const all = session === undefined ? trail : [session, ...trail];
  return [...new Set(all)].filter((one) => one !== but).slice(0, MAX_TRAIL);
}
