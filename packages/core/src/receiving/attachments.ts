/** Who is attached to this process, by identity and epoch, and whose registration is not decided yet. */

import type { Mailbox } from "./mailbox.ts";
import { type ReceivedContent, ReceivedMessage } from "./received-message.ts";

const MAX_HELD = 1_000;

/** Holds what arrives for an identity while the outcome of its registration is unknown. Settle it exactly once. */
export interface Expectation {
  /** Delivers what was held for this epoch, drops what was for another, and goes on delivering. */
  attach(epoch: number, mailbox: Mailbox): void;
  cancel(): void;
}

interface Attachment {
  readonly epoch: number;
  readonly mailbox: Mailbox;
}

export class Attachments {
  readonly #attached = new Map<string, Attachment>();
  /** Several registrations of one identity may be under way at once; each holds for itself. */
  readonly #held = new Map<string, Set<ReceivedMessage[]>>();

  isAttached(identity: string, epoch: number): boolean {
    return this.#attached.get(identity)?.epoch === epoch;
  }

  /** To the mailbox of that epoch, else to whoever expects the identity, else nowhere. */
  deliver(content: ReceivedContent, identity: string, epoch: number): void {
    const attachment = this.#attached.get(identity);
    const message = new ReceivedMessage(content, identity, epoch);
    if (attachment?.epoch === epoch) attachment.mailbox.push(message);
    else this.#hold(message);
  }

  expect(identity: string): Expectation {
    const held: ReceivedMessage[] = [];
    const expectations = this.#held.get(identity) ?? new Set();
    this.#held.set(identity, expectations.add(held));
    const cancel = (): void => {
      expectations.delete(held);
      if (expectations.size === 0 && this.#held.get(identity) === expectations) this.#held.delete(identity);
    };
    return {
      cancel,
      attach: (epoch, mailbox) => {
        cancel();
        this.#attach(identity, { epoch, mailbox });
        for (const message of held) if (message.epoch === epoch) mailbox.push(message);
      },
    };
  }

  detach(identity: string, epoch: number): void {
    if (this.isAttached(identity, epoch)) this.#attached.delete(identity);
  }

  clear(): void {
    this.#attached.clear();
    this.#held.clear();
  }

  #hold(message: ReceivedMessage): void {
    for (const held of this.#held.get(message.identity) ?? []) {
      if (held.length === MAX_HELD) held.shift();
      held.push(message.kept());
    }
  }

  /** Replies of two registrations may come in the other order than the store decided; the later life stays. */
  #attach(identity: string, attachment: Attachment): void {
    const standing = this.#attached.get(identity);
    if (standing === undefined || standing.epoch <= attachment.epoch) this.#attached.set(identity, attachment);
  }
}
