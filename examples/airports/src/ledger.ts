/** What the receivers of all processes have seen. */

/** One message, as its receivers saw it. */
export interface Tally {
  /** How often a receiver was called; more than `identities` when somebody got it twice. */
  readonly count: number;
  readonly identities: ReadonlySet<string>;
  /** The texts that were read; one when nothing was garbled. */
  readonly texts: ReadonlySet<string>;
}

/** What a receiver notes of a message. */
export interface Note {
  readonly identity: string;
  readonly messageId: string;
  readonly text: string;
}

const NOTHING: Tally = { count: 0, identities: new Set(), texts: new Set() };

export class Ledger {
  readonly #tallies = new Map<string, { count: number; identities: Set<string>; texts: Set<string> }>();
  readonly #waiting = new Map<string, { count: number; done: () => void }>();

  record({ identity, messageId, text }: Note): void {
    const tally = this.#tallies.get(messageId) ?? { count: 0, identities: new Set(), texts: new Set() };
    this.#tallies.set(messageId, tally);
    tally.count += 1;
    tally.identities.add(identity);
    tally.texts.add(text);
    const waiting = this.#waiting.get(messageId);
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
