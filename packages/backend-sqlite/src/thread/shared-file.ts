/** A file, and the thread that talks to it for as long as any slot of this process is open. */

import { MusterError } from "@muster/core/slots";
import { NAME } from "../errors.ts";
import type { Start } from "./messages.ts";
import type { Question } from "./question.ts";
import { Thread } from "./thread.ts";

export class SharedFile implements Start {
  readonly path: string;
  readonly synchronous: "full" | "normal";
  #users = 0;
  #transactions = 0;
  #thread: Thread | undefined;

  constructor(path: string, synchronous: "full" | "normal") {
    this.path = path;
    this.synchronous = synchronous;
  }

  /** To be followed by one {@link release}. */
  retain(): void {
    this.#users += 1;
  }

  /** Resolves when nobody uses it any more and its thread, too, has gone; at once while somebody still does. */
  async release(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.end();
  }

  /** Names a transaction that has not begun yet. */
  newTransaction(): number {
    this.#transactions += 1;
    return this.#transactions;
  }

  /** Answered by a new thread if the one before has died. Gives what forgets the question again. */
  ask(question: Question): () => void {
    if (this.#users === 0) throw new MusterError({ code: "CLOSED", source: NAME, message: "it has been closed" });
    if (this.#thread === undefined || this.#thread.hasEnded) this.#thread = new Thread(this);
    return this.#thread.ask(question);
  }
}
