/**
 * Transactions that handlers have in hand: one at a time, on a connection of its own, so that reads go on beside it. Whoever
 * begins one holds the file's only write lock until its end; the others wait for that in order.
 */

import { isMusterError, MusterError } from "@muster/core/slots";
import { isBusy, isOfConnection, NAME } from "../errors.ts";
import type { Handling } from "../store/operation.ts";
import type { Store } from "../store/store.ts";
import { failureOf } from "./failure.ts";
import { isFull } from "./group.ts";
import type { Answer, Failure } from "./messages.ts";
import type { Task } from "./task.ts";
import { begin, isGivenUp } from "./turn.ts";

const SOURCE = `${NAME}.handleOnce`;

export interface HandlingsOptions {
  connect(): Store;
  answer(answers: readonly Answer[]): void;
  /** The write lock is free again. */
  onFree(): void;
}

export class Handlings {
  readonly #options: HandlingsOptions;
  #tasks: Task[] = [];
  #store: Store | undefined;
  #open: { readonly transaction: number; readonly timer: NodeJS.Timeout } | undefined;
  /** Why they have ended, of those that were to go on. */
  readonly #broken = new Map<number, Failure>();

  constructor(options: HandlingsOptions) {
    this.#options = options;
  }

  /** Somebody has the write lock in hand. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** There is something that could be done now. */
  get isDue(): boolean {
    return this.#next() !== undefined;
  }

  take(task: Task): void {
    this.#tasks.push(task);
  }

  /**
   * Does what can be done now; when a transaction ends, whoever else wants to write comes before the next one.
   *
   * @throws BUSY: another process holds the write lock
   */
  work(): void {
    this.#tasks = this.#tasks.filter(({ request }) => !isGivenUp(request.turn));
    for (let task = this.#next(); task !== undefined; task = this.#next()) {
      const wasOpen = this.isOpen;
      const answer = this.#done(task);
      this.#tasks.splice(this.#tasks.indexOf(task), 1);
      if (answer !== undefined) this.#options.answer([answer]);
      if (wasOpen && !this.isOpen) return;
    }
  }

  /** Whatever is open is undone. */
  close(): void {
    this.#end();
    try {
      this.#store?.close();
    } catch {
      // It is given up anyway.
    }
    this.#store = undefined;
  }

  /** Of the one that is open everything, and otherwise the first. */
  #next(): Task | undefined {
    const open = this.#open?.transaction;
    return this.#tasks.find(({ request }) => {
      const { transaction } = request.args as Handling; // As handling operations take it.
      return open === undefined || open === transaction || this.#broken.has(transaction);
    });
  }

  /** @throws BUSY: nothing has begun. */
  #done({ request, operation }: Task): Answer | undefined {
    const { id, args, turn } = request;
    const handling = args as Handling; // As handling operations take it.
    const { transaction } = handling;
    const { step } = operation;
    const failure = this.#broken.get(transaction);
    if (step === "commit" || step === "rollback") this.#broken.delete(transaction);
    if (step === "rollback") {
      if (this.#open?.transaction === transaction) this.#end();
      return { id, value: undefined };
    }
    if (failure !== undefined) return { id, failure };
    try {
      const store = step === "begin" ? this.#begun(handling) : this.#current();
      if (!begin(turn)) return undefined;
      const value = operation.run(store, args);
      if (step === "commit") store.execute("commit");
      if (step === "commit" || !store.isInTransaction) this.#end();
      return { id, value };
    } catch (error) {
      if (this.#open === undefined && isBusy(error)) throw error;
      return { id, failure: this.#failed(error, handling, step === "commit") };
    }
  }

  #begun({ transaction, maxMs }: Handling): Store {
    this.#store ??= this.#options.connect();
    if (this.#open !== undefined) return this.#store;
    this.#store.execute("begin immediate");
    const timer = setTimeout(() => this.#giveUp(transaction, maxMs), maxMs);
    this.#open = { transaction, timer };
    return this.#store;
  }

  /** @throws UNAVAILABLE: with its thread, or its connection, the transaction has gone. */
  #current(): Store {
    if (this.#open !== undefined && this.#store !== undefined) return this.#store;
    throw lost();
  }

  /** A statement that fails is undone alone, unless SQLite says otherwise; a commit that fails undoes everything. */
  #failed(error: unknown, { transaction }: Handling, isLast: boolean): Failure {
    const failure = failureOf(error, isLast && !isFull(error) && !isMusterError(error));
    if (isLast) this.#end();
    else if (this.#store?.isInTransaction !== true) this.#break(transaction, failure);
    if (isOfConnection(failure.rawCode)) this.close();
    return failure;
  }

  #giveUp(transaction: number, maxMs: number): void {
    const message = `it has held the write lock of the file, for which everyone waits, for ${maxMs} ms, and was undone`;
    const error = new MusterError({ code: "TIMEOUT", source: SOURCE, message });
    this.#break(transaction, failureOf(error, false));
    this.#options.onFree();
  }

  #break(transaction: number, failure: Failure): void {
    this.#broken.set(transaction, failure);
    this.#end();
  }

  #end(): void {
    clearTimeout(this.#open?.timer);
    if (this.#open === undefined) return;
    this.#open = undefined;
    try {
      if (this.#store?.isInTransaction === true) this.#store.execute("rollback");
    } catch {
      this.close(); // With its connection the transaction ends in any case.
    }
    this.#options.onFree();
  }
}

function lost(): MusterError<"UNAVAILABLE"> {
  return new MusterError({
    code: "UNAVAILABLE",
    source: SOURCE,
    message: "the transaction is lost; nothing of it stands",
  });
}
