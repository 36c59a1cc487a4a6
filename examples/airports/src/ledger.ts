/** What the receivers of all processes have seen. */

import type { Message } from "@muster/core";

/** One message, as its receivers saw it. */
export interface Tally {
  /** How often a receiver was called; more than `identities` when somebody got it twice. */
  readonly count: number;
  readonly identities: ReadonlySet<string>;
  /** The texts that were read; one when nothing was garbled. */
  readonly texts: ReadonlySet<string>;
}

const NOTHING: Tally = { count: 0, identities: new Set(), texts: new Set() };

export class Ledger {
  readonly #tallies = new Map<string, { count: number; identities: Set<string>; texts: Set<string> }>();
  readonly #waiting = new Map<string, { count: number; done: () => void }>();

  /** The receiver of `identity` was handed `message`. */
  record(identity: string, message: Message): void {
    const tally = this.#tallies.get(message.id) ?? { count: 0, identities: new Set(), texts: new Set() };
    this.#tallies.set(message.id, tally);
    tally.count += 1;
    tally.identities.add(identity);
    tally.texts.add(message.text());
    const waiting = this.#waiting.get(message.id);
    if (waiting !== undefined && tally.count >= waiting.count) waiting.done();
  }

  tally(messageId: string): Tally {
    return this.#tallies.get(messageId) ?? NOTHING;
  }

  /** Resolves as soon as the message was received `count` times, or after `timeoutMs`, whichever is first. */
  async received(messageId: string, count: number, timeoutMs: number): Promise<void> {
    if (this.tally(messageId).count >= count) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(messageId);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.set(messageId, { count, done });
    });
  }
}
