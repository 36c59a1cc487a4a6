/** The other kind of mailbox: its receiver asks for messages instead of being called with them. */

import type { Mailbox, MailboxOptions } from "./mailbox.ts";
import type { Message } from "../message.ts";
import { MessageQueue } from "./message-queue.ts";
import { type Outcome, UNTRIED } from "./outcome.ts";
import type { ReceivedMessage } from "./received-message.ts";

export interface MessageIteratorOptions extends MailboxOptions {
  /** Told once when the iteration is left before the mailbox was closed. */
  onLeave(): void;
}

/**
 * A mailbox to iterate over. The iteration ends when the mailbox is closed, at once, and, under the policy `disconnect`,
 * after what waited. Leaving it ends the mailbox.
 *
 * Whoever asks for the next message has handled the one before. Of whoever leaves instead nobody knows that: a loop that
 * fails leaves as one that has seen enough.
 */
export interface MessageIterator extends Mailbox {
  readonly messages: AsyncIterableIterator<Message>;
}

export function createMessageIterator(options: MessageIteratorOptions): MessageIterator {
  const mailbox = new IteratedMailbox(options);
  return {
    messages: mailbox.messages,
    push: (message) => mailbox.push(message),
    abandon: (message) => mailbox.abandon(message),
    close: () => mailbox.close(),
  };
}

type Answer = (result: IteratorResult<Message, undefined>) => void;

class IteratedMailbox implements Mailbox {
  readonly messages: AsyncIterableIterator<Message, undefined>;
  readonly #options: MessageIteratorOptions;
  readonly #queue: MessageQueue;
  readonly #asking: Answer[] = [];
  /** Handed out and awaited by somebody. */
  #given: ReceivedMessage[] = [];
  /** Wait until nothing is given. */
  #closing: (() => void)[] = [];
  #isClosed = false;

  constructor(options: MessageIteratorOptions) {
    this.#options = options;
    this.#queue = new MessageQueue({
      capacity: options.capacity,
      overflow: options.overflow,
      onOverflow: (dropped) => options.onOverflow(dropped),
      onDisconnect: () => options.onDisconnect?.(),
    });
    this.messages = {
      next: () => this.#next(),
      return: () => this.#leave(),
      [Symbol.asyncIterator]: () => this.messages,
    };
  }

  push(message: ReceivedMessage): void {
    if (this.#asking.length === 0) this.#queue.push(message);
    else if (this.#mayGive(message)) this.#asking.shift()?.({ done: false, value: this.#give(message) });
  }

  abandon(message: ReceivedMessage): void {
    this.#given = this.#given.filter((given) => given !== message);
    if (this.#given.length === 0) for (const ended of this.#closing.splice(0)) ended();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#end();
    if (this.#given.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#closing.push(resolve);
    });
  }

  #next(): Promise<IteratorResult<Message, undefined>> {
    this.#finishGiven((message) => message.finish());
    for (let message = this.#queue.shift(); message !== undefined; message = this.#queue.shift()) {
      if (this.#mayGive(message)) return Promise.resolve({ done: false, value: this.#give(message) });
    }
    if (this.#queue.ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#asking.push(resolve);
    });
  }

  #leave(): Promise<IteratorResult<Message, undefined>> {
    this.#finishGiven((message) => message.settle(left()));
    this.#end();
    if (!this.#isClosed) this.#options.onLeave();
    this.#isClosed = true;
    return Promise.resolve({ done: true, value: undefined });
  }

  #mayGive(message: ReceivedMessage): boolean {
    if (this.#options.mayStart() && message.acknowledger?.begin?.(message) !== false) return true;
    message.settle(UNTRIED);
    return false;
  }

  #give(message: ReceivedMessage): ReceivedMessage {
    if (message.acknowledger !== undefined) this.#given.push(message);
    return message;
  }

  #finishGiven(finish: (message: ReceivedMessage) => void): void {
    for (const message of [...this.#given]) {
      this.abandon(message);
      finish(message);
    }
  }

  #end(): void {
    this.#queue.clear();
    for (const answer of this.#asking.splice(0)) answer({ done: true, value: undefined });
  }
}

function left(): Outcome {
  return { as: "thrown", error: new Error("the iteration was left before the next message was asked for") };
}
