/** Who has handled which message in a transaction. */

import { type Bucketed, BucketQueue } from "./bucket-queue.ts";

interface Note extends Bucketed<Note> {
  readonly messageId: string;
  readonly identities: Set<string>;
}

/** One note for a message, forgotten as a whole when none of its recipients can get it again. */
export class Handled {
  readonly #byMessage = new Map<string, Note>();
  readonly #remembered = new BucketQueue<Note>();

  has(messageId: string, identity: string): boolean {
    return this.#byMessage.get(messageId)?.identities.has(identity) ?? false;
  }

  add(messageId: string, identity: string, until: number): void {
    const note = this.#byMessage.get(messageId) ?? newNote(messageId);
    note.identities.add(identity);
    this.#byMessage.set(messageId, note);
    this.#remembered.put(note, Math.max(until, note.bucket?.rank ?? until));
  }

  forgetUpTo(now: number): void {
    for (let note = this.#remembered.takeUpTo(now); note !== undefined; note = this.#remembered.takeUpTo(now))
      this.#byMessage.delete(note.messageId);
  }
}

function newNote(messageId: string): Note {
  return { messageId, identities: new Set(), bucket: undefined, previous: undefined, next: undefined };
}
