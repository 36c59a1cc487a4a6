/** Between the node and one identity's receiver: bounded, so that a slow receiver holds up nobody else. */

import type { MessageHandler } from "../fleet.ts";
import type { Message } from "../message.ts";
import { MessageQueue, type MessageQueueOptions } from "./message-queue.ts";
import { UNTRIED } from "./outcome.ts";
import type { ReceivedMessage } from "./received-message.ts";
import type { MusterError } from "../slots/index.ts";

const NO_TRANSACTION = Object.freeze({ transaction: undefined });

export interface Mailbox {
  /**
   * Takes a message for a registration that lives, or applies the overflow policy; never blocks and never throws. Every
   * message that somebody waits for is settled, sooner or later.
   */
  push(message: ReceivedMessage): void;
  /** Aborts the signals of what has started and not finished: its outcome is of no use any more. */
  abandon(reason: MusterError): void;
  /** Goes on without waiting for this one any longer, if it is what it waits for. */
  skip(message: ReceivedMessage): void;
  /** Takes nothing more and resolves when what has started has finished, or was skipped; absent: nothing is under way. */
  close(): Promise<void> | undefined;
}

export interface MailboxOptions extends MessageQueueOptions {
  /** Asked before each message is handed over; false drops it: its session may have been taken for dead. */
  mayStart(): boolean;
}

/** What keeps the registrations of a session alive. */
export interface Fence {
  /** False from the moment when others may take them for dead. Reads the clock. */
  readonly live: boolean;
}

export interface HandlerMailboxOptions extends MailboxOptions {
  /**
   * Asked instead of `mayStart` before a message that is handed over as it comes. Others share it, so it is at hand: what
   * each receiver has for itself is not, and would be half the price of a message to many.
   */
  readonly fence?: Fence | undefined;
  readonly onMessage: MessageHandler<unknown>;
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
  readonly #onMessage: MessageHandler<unknown>;
  readonly #fence: Fence | undefined;
  readonly #options: HandlerMailboxOptions;
  /** Made when a message has to wait for the first time: of a million receivers most never keep one waiting. */
  #queue: MessageQueue | undefined;
  #isClosed = false;
  /** Whose handler has returned a promise that is not settled yet. */
  #running: ReceivedMessage | undefined;
  /** Closing waits for its end. */
  #closing: (() => void)[] | undefined;

  constructor(options: HandlerMailboxOptions) {
    this.#options = options;
    this.#onMessage = options.onMessage;
    this.#fence = options.fence;
  }

  push(message: ReceivedMessage): void {
    if (!this.#isIdle) this.#keep(message);
    else if (this.#fence?.live ?? this.#options.mayStart()) this.#start(message);
    else message.settle(UNTRIED);
  }

  close(): Promise<void> | undefined {
    this.#isIdle = false;
    this.#isClosed = true;
    this.#queue?.clear();
    if (this.#running === undefined) return undefined;
    return new Promise<void>((resolve) => {
      (this.#closing ??= []).push(resolve);
    });
  }

  abandon(reason: MusterError): void {
    this.#running?.abandon(reason);
  }

  skip(message: ReceivedMessage): void {
    if (this.#running === message) this.#goOn();
  }

  #keep(message: ReceivedMessage): void {
    if (this.#isClosed) message.settle(UNTRIED);
    else (this.#queue ??= new MessageQueue(this.#options)).push(message);
  }

  #start(message: ReceivedMessage): void {
    this.#isIdle = false;
    const pending = this.#handle(message);
    if (pending !== undefined) this.#wait(message, pending);
    else if (this.#queue === undefined) this.#isIdle = !this.#isClosed;
    else this.#goOn();
  }

  /** With what waits, up to a handler that takes its time. */
  #goOn(): void {
    this.#running = undefined;
    if (this.#closing !== undefined) for (const ended of this.#closing.splice(0)) ended();
    for (let next = this.#queue?.shift(); next !== undefined; next = this.#queue?.shift()) {
      const mayStart = this.#options.mayStart();
      if (!mayStart) next.settle(UNTRIED);
      const pending = mayStart ? this.#handle(next) : undefined;
      if (pending !== undefined) {
        this.#wait(next, pending);
        return;
      }
    }
    this.#isIdle = !this.#isClosed && this.#queue?.ended !== true;
  }

  #wait(message: ReceivedMessage, pending: Promise<void>): void {
    this.#running = message;
    // It never rejects, and what comes of it is told by then.
    pending.then(
      () => this.skip(message),
      () => this.skip(message),
    );
  }

  #handle(message: ReceivedMessage): Promise<void> | undefined {
    const { acknowledger } = message;
    if (acknowledger?.begin?.(message) === false) {
      message.settle(UNTRIED);
      return undefined;
    }
    try {
      const result =
        acknowledger?.around === undefined
          ? this.#onMessage(message, NO_TRANSACTION)
          : acknowledger.around(message, async (context) => await this.#onMessage(message, context));
      if (isThenable(result)) return this.#settleAfter(message, result);
      message.finish();
    } catch (error) {
      this.#fail(message, error);
    }
    return undefined;
  }

  async #settleAfter(message: ReceivedMessage, result: PromiseLike<void>): Promise<void> {
    try {
      await result;
    } catch (error) {
      this.#fail(message, error);
      return;
    }
    message.finish();
  }

  #fail(message: ReceivedMessage, error: unknown): void {
    message.settle({ as: "thrown", error });
    this.#options.onHandlerError(error, message);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
