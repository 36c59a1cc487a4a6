/** The other kind of mailbox: its receiver asks for messages instead of being called with them. */

import type { Mailbox, MailboxOptions } from "./mailbox.ts";
import type { Message } from "../message.ts";
import { MessageQueue } from "./message-queue.ts";

export interface MessageIteratorOptions extends MailboxOptions {
  /** Told once when the iteration is left before the mailbox was closed. */
  onLeave(): void;
}

/**
 * A mailbox to iterate over. The iteration ends when the mailbox is closed, at once, and, under the policy `disconnect`,
 * after what waited. Leaving it ends the mailbox.
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
  let isClosed = false;

  const end = (): void => {
    queue.clear();
    for (const answer of asking.splice(0)) answer({ done: true, value: undefined });
  };

  const messages: AsyncIterableIterator<Message, undefined> = {
    next(): Promise<IteratorResult<Message, undefined>> {
      for (let message = queue.shift(); message !== undefined; message = queue.shift()) {
        if (options.mayStart()) return Promise.resolve({ done: false, value: message });
      }
      if (queue.ended) return Promise.resolve({ done: true, value: undefined });
      return new Promise((resolve) => {
        asking.push(resolve);
      });
    },
    return(): Promise<IteratorResult<Message, undefined>> {
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
      else if (options.mayStart()) asking.shift()?.({ done: false, value: message });
    },
    close(): Promise<void> {
      isClosed = true;
      end();
      return Promise.resolve();
    },
  };
}
