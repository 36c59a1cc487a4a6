/** The other kind of mailbox: its receiver asks for messages instead of being called with them. */

import { HandedMessages } from "./handed-messages.ts";
import type { Mailbox, MailboxOptions } from "./mailbox.ts";
import type { Message } from "../message.ts";
import { MessageQueue } from "./message-queue.ts";
import { UNTRIED } from "./outcome.ts";
import type { ReceivedMessage } from "./received-message.ts";

export interface MessageIteratorOptions extends MailboxOptions {
  /** Told once when the iteration is left before the mailbox was closed. */
  onLeave(): void;
}

/**
 * A mailbox to iterate over. The iteration ends when the mailbox is closed, at once, and, under the policy `disconnect`,
 * after what waited. Leaving it ends the mailbox.
 *
 * Asking for the next message says that all handed out before are handled, or rejected. Leaving says so of none: what was
 * handed out last is asked for again, for nobody can tell a `break` from an error.
 */
export interface MessageIterator extends Mailbox {
  readonly messages: AsyncIterableIterator<Message>;
}

export function createMessageIterator(options: MessageIteratorOptions): MessageIterator {
  const queue = new MessageQueue({
    capacity: options.capacity,
    overflow: options.overflow,
    onOverflow: (dropped) => options.onOverflow(dropped),
    onDisconnect: () => options.onDisconnect?.(),
  });
  const asking: ((result: IteratorResult<Message, undefined>) => void)[] = [];
  const handed = new HandedMessages();
  let isClosed = false;

  const end = (): void => {
    queue.clear();
    for (const answer of asking.splice(0)) answer({ done: true, value: undefined });
  };
  /** Whether it may be handed out; otherwise it is settled. */
  const mayHand = (message: ReceivedMessage): boolean => {
    const mayStart = options.mayStart() && message.acknowledger?.begin?.(message) !== false;
    if (mayStart) handed.add(message);
    else message.settle(UNTRIED);
    return mayStart;
  };

  const messages: AsyncIterableIterator<Message, undefined> = {
    next(): Promise<IteratorResult<Message, undefined>> {
      handed.finish();
      for (let message = queue.shift(); message !== undefined; message = queue.shift()) {
        if (mayHand(message)) return Promise.resolve({ done: false, value: message });
      }
      if (queue.ended) return Promise.resolve({ done: true, value: undefined });
      return new Promise((resolve) => {
        asking.push(resolve);
      });
    },
    return(): Promise<IteratorResult<Message, undefined>> {
      handed.leave();
      end();
      if (!isClosed) options.onLeave();
      isClosed = true;
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]: () => messages,
  };

  return {
    messages,
    push(message): void {
      if (asking.length === 0) queue.push(message);
      else if (mayHand(message)) asking.shift()?.({ done: false, value: message });
    },
    abandon: (reason) => handed.abandon(reason),
    skip: (message) => handed.remove(message),
    async close(): Promise<void> {
      isClosed = true;
      end();
      await handed.settled();
    },
  };
}
