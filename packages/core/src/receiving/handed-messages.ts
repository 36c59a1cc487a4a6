import { MusterError } from "../slots/index.ts";
import type { ReceivedMessage } from "./received-message.ts";

/** Messages that a reader has in its hands, until it asks for more or leaves. */
export class HandedMessages {
  #messages: ReceivedMessage[] = [];
  #waiting: (() => void)[] = [];

  add(message: ReceivedMessage): void {
    this.#messages.push(message);
  }

  /** The reader is done with them. */
  finish(): void {
    for (const message of this.#taken()) message.finish();
  }

  /** The reader has left: what it has not rejected is asked for again. */
  leave(): void {
    for (const message of this.#taken()) {
      if (message.isRejected) message.finish();
      else message.settle({ as: "thrown", error: leftBehind(message.identity) });
    }
  }

  /** Nobody waits for what the reader makes of it any more. */
  remove(message: ReceivedMessage): void {
    this.#messages = this.#messages.filter((handed) => handed !== message);
    this.#wake();
  }

  abandon(reason: MusterError): void {
    for (const message of this.#messages) message.abandon(reason);
  }

  /** Resolves when nothing is left whose outcome somebody waits for. */
  async settled(): Promise<void> {
    if (this.#isSettled()) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #taken(): readonly ReceivedMessage[] {
    const messages = this.#messages;
    this.#messages = [];
    this.#wake();
    return messages;
  }

  #isSettled(): boolean {
    return this.#messages.every(({ acknowledger }) => acknowledger === undefined);
  }

  #wake(): void {
    if (this.#isSettled()) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function leftBehind(identity: string): MusterError<"ABORTED"> {
  const message = "the iteration was left with the message that it had handed out last";
  return new MusterError({ code: "ABORTED", source: "core.messages", subject: identity, message, detail: {} });
}
