/** Between the node and one identity's receiver: bounded, so that a slow receiver holds up nobody else. */

import type { MessageHandler } from "../fleet.ts";
import type { Message } from "../message.ts";
import { MessageQueue, type MessageQueueOptions } from "./message-queue.ts";
import type { ReceivedMessage } from "./received-message.ts";

export interface Mailbox {
  /** Takes a message for a registration that lives, or applies the overflow policy; never blocks and never throws. */
  push(message: ReceivedMessage): void;
  /** Takes nothing more and resolves when what has started has finished. */
  close(): Promise<void>;
}

export interface MailboxOptions extends MessageQueueOptions {
  /** Asked before each message is handed over; false drops it: its session may have been taken for dead. */
  mayStart(): boolean;
}

/** What keeps the registrations of a session alive. */
interface Fence {
  /** False from the moment when others may take them for dead. Reads the clock. */
  readonly live: boolean;
}

export interface HandlerMailboxOptions extends MailboxOptions {
  /**
   * Asked instead of `mayStart` before a message that is handed over as it comes. Others share it, so it is at hand: what
   * each receiver has for itself is not, and would be half the price of a message to many.
   */
  readonly fence?: Fence | undefined;
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
  /** Open, with nothing running and nothing waiting. */
  #isIdle = true;
  readonly #onMessage: MessageHandler;
  readonly #fence: Fence | undefined;
  readonly #options: HandlerMailboxOptions;
  /** Made when a message has to wait for the first time: of a million receivers most never keep one waiting. */
  #queue: MessageQueue | undefined;
  #isClosed = false;
  #running: Promise<void> | undefined;

  constructor(options: HandlerMailboxOptions) {
    this.#options = options;
    this.#onMessage = options.onMessage;
    this.#fence = options.fence;
  }

  push(message: ReceivedMessage): void {
    if (!this.#isIdle) this.#keep(message);
    else if (this.#fence?.live ?? this.#options.mayStart()) this.#start(message);
  }

  async close(): Promise<void> {
    this.#isIdle = false;
    this.#isClosed = true;
    this.#queue?.clear();
    await this.#running;
  }

  #keep(message: ReceivedMessage): void {
    if (!this.#isClosed) (this.#queue ??= new MessageQueue(this.#options)).push(message);
  }

  #start(message: ReceivedMessage): void {
    this.#isIdle = false;
    const pending = this.#handle(message);
    if (pending !== undefined) this.#running = pending.then(() => this.#goOn());
    else if (this.#queue === undefined) this.#isIdle = !this.#isClosed;
    else this.#goOn();
  }

  /** With what waits, up to a handler that takes its time. */
  #goOn(): void {
    this.#running = undefined;
    for (let next = this.#queue?.shift(); next !== undefined; next = this.#queue?.shift()) {
      const pending = this.#options.mayStart() ? this.#handle(next) : undefined;
      if (pending !== undefined) {
        this.#running = pending.then(() => this.#goOn());
        return;
      }
    }
    this.#isIdle = !this.#isClosed && this.#queue?.ended !== true;
  }

  #handle(message: Message): Promise<void> | undefined {
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
