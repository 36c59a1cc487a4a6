/** Between the node and one identity's receiver: bounded, so that a slow receiver holds up nobody else. */

import type { MessageHandler } from "../fleet.ts";
import type { Message } from "../message.ts";
import { MessageQueue, type MessageQueueOptions } from "./message-queue.ts";

export interface Mailbox {
  /** Takes the message or applies the overflow policy; never blocks and never throws. */
  push(message: Message): void;
  /** Takes nothing more and resolves when what has started has finished. */
  close(): Promise<void>;
}

export interface MailboxOptions extends MessageQueueOptions {
  /** Asked before each message is handed over; false drops it: its session may have been taken for dead. */
  mayStart(): boolean;
}

export interface HandlerMailboxOptions extends MailboxOptions {
  readonly onMessage: MessageHandler;
  /** Gets what the handler throws; must not throw itself. */
  onHandlerError(error: unknown, message: Message): void;
}

/**
 * Hands messages to a handler, one at a time, in order of arrival.
 *
 * A handler that returns no promise costs none. What waits when the policy `disconnect` strikes is still handed over;
 * what waits at `close` is not. A handler that awaits the `close` of its own mailbox waits for itself.
 */
export function createMailbox(options: HandlerMailboxOptions): Mailbox {
  return new HandlerMailbox(options);
}

class HandlerMailbox implements Mailbox {
  readonly #options: HandlerMailboxOptions;
  readonly #onMessage: MessageHandler;
  readonly #mayStart: () => boolean;
  /** Made when a message has to wait for the first time: of a million receivers most never keep one waiting. */
  #queue: MessageQueue | undefined;
  #isBusy = false;
  #isClosed = false;
  #running: Promise<void> | undefined;

  constructor(options: HandlerMailboxOptions) {
    this.#options = options;
    this.#onMessage = options.onMessage;
    this.#mayStart = options.mayStart;
  }

  push(message: Message): void {
    if (this.#isClosed || this.#queue?.ended === true) return;
    if (this.#isBusy) (this.#queue ??= new MessageQueue(this.#options)).push(message);
    else this.#run(message);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#queue?.clear();
    await this.#running;
  }

  #run(first: Message): void {
    this.#isBusy = true;
    let message: Message | undefined = first;
    while (message !== undefined) {
      const pending = this.#handle(message);
      if (pending !== undefined) {
        this.#running = pending.then(() => this.#resume());
        return;
      }
      message = this.#queue?.shift();
    }
    this.#isBusy = false;
  }

  #resume(): void {
    this.#running = undefined;
    const next = this.#queue?.shift();
    if (next === undefined) this.#isBusy = false;
    else this.#run(next);
  }

  #handle(message: Message): Promise<void> | undefined {
    if (this.#isClosed || !this.#mayStart()) return undefined;
    try {
      const result = this.#onMessage(message);
      if (!isThenable(result)) return undefined;
      return Promise.resolve(result).catch((error: unknown) => this.#options.onHandlerError(error, message));
    } catch (error) {
      this.#options.onHandlerError(error, message);
      return undefined;
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
