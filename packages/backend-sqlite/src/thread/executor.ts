/** Runs requests one after the other in the thread, and waits for other processes between them. */

import { isBusy, isOfConnection } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { connect } from "./connection.ts";
import { failureOf } from "./failure.ts";
import { writeGroup } from "./group.ts";
import { Handlings } from "./handlings.ts";
import type { Answer, Request, Start } from "./messages.ts";
import { Patience } from "./patience.ts";
import { type Task, taskOf } from "./task.ts";
import { isGivenUp } from "./turn.ts";
import { Waiters } from "./waiters.ts";

/**
 * Reads first, for nobody makes them wait; then as many writes as there are, in one transaction: so that one wait for the
 * disk does for all. While a handler has the write lock in hand the writes wait, and after it they come first.
 */
export class Executor {
  readonly #start: Start;
  readonly #answer: (answers: readonly Answer[]) => void;
  readonly #patience = new Patience(() => this.#work());
  readonly #waiters = new Waiters(() => this.#patience.start());
  readonly #handlings: Handlings;
  #reads: Task[] = [];
  #writes: Task[] = [];
  #store: Store | undefined;
  #onEnd: (() => void) | undefined;

  constructor(start: Start, answer: (answers: readonly Answer[]) => void) {
    this.#start = start;
    this.#answer = answer;
    this.#handlings = new Handlings({ connect: () => connect(start), answer, onFree: () => this.#patience.start() });
  }

  take(request: Request): void {
    const task = taskOf(request);
    const { kind, wait } = task.operation;
    if (kind === "handling") this.#handlings.take(task);
    else if (kind === "read") this.#reads.push(task);
    else if (wait !== undefined) this.#waiters.add(task);
    else this.#writes.push(task);
    this.#patience.start();
  }

  /** Lets go of the file when all that has been taken is done, and says so. */
  end(onEnd: () => void): void {
    this.#onEnd = onEnd;
    this.#patience.start();
  }

  #work(): void {
    this.#reads = this.#reads.filter(isWanted);
    this.#writes = this.#writes.filter(isWanted);
    if (this.#waiters.size > 0 && !this.#callWaiters()) return;
    if (this.#reads.length > 0 || this.#canWrite || this.#handlings.isDue) this.#workOn();
    else if (this.#onEnd !== undefined && this.#writes.length === 0) this.#end(this.#onEnd);
    else if (!this.#handlings.isOpen) this.#patience.rest();
  }

  get #canWrite(): boolean {
    return this.#writes.length > 0 && !this.#handlings.isOpen;
  }

  /** Whether they could be asked for. */
  #callWaiters(): boolean {
    try {
      const { tasks, answers } = this.#waiters.call(this.#connected());
      this.#writes.push(...tasks);
      if (answers.length > 0) this.#answer(answers);
    } catch (error) {
      if (isBusy(error)) {
        this.#patience.waitForOthers();
        return false;
      }
      this.#failAll(error);
      this.#disconnect();
    }
    return true;
  }

  #end(onEnd: () => void): void {
    this.#disconnect();
    this.#handlings.close();
    onEnd();
  }

  #workOn(): void {
    const isWriting = this.#canWrite || this.#handlings.isDue;
    try {
      while (this.#reads.length > 0) this.#read();
      if (this.#canWrite) this.#write();
      this.#handlings.work();
    } catch (error) {
      if (isBusy(error)) return this.#patience.waitForOthers();
      // Whatever can't be reached is told to everyone who asks for it, and looked for anew by whoever asks next.
      this.#failAll(error);
      this.#disconnect();
    }
    this.#patience.goOn(isWriting);
  }

  /** @throws BUSY: it waits. */
  #read(): void {
    const [task] = this.#reads;
    if (task === undefined) return;
    const answer = read(this.#connected(), task);
    this.#reads.shift();
    this.#tell([answer]);
  }

  /** @throws BUSY: nothing has begun. */
  #write(): void {
    const { answers, taken } = writeGroup(this.#connected(), this.#writes);
    this.#writes.splice(0, taken);
    this.#waiters.tellNews();
    this.#tell(answers.filter((answer) => !this.#waiters.takeBack(answer)));
  }

  #tell(answers: readonly Answer[]): void {
    this.#answer(answers);
    if (answers.some((answer) => "failure" in answer && isOfConnection(answer.failure.rawCode))) this.#disconnect();
  }

  #connected(): Store {
    this.#store ??= connect(this.#start);
    return this.#store;
  }

  #failAll(error: unknown): void {
    const failure = failureOf(error, false);
    const tasks = [...this.#reads, ...this.#writes, ...this.#waiters.takeAll()];
    this.#answer(tasks.map(({ request: { id } }) => ({ id, failure })));
    this.#reads = [];
    this.#writes = [];
  }

  #disconnect(): void {
    const store = this.#store;
    this.#store = undefined;
    this.#waiters.tellNews(); // The next connection counts the writes of others anew.
    try {
      store?.close();
    } catch {
      // It is given up anyway.
    }
  }
}

function isWanted({ request }: Task): boolean {
  return !isGivenUp(request.turn);
}

/** @throws BUSY */
function read(store: Store, { request: { id, args }, operation }: Task): Answer {
  try {
    store.execute("begin");
    const value = operation.run(store, args);
    store.execute("commit");
    return { id, value };
  } catch (error) {
    if (store.isInTransaction) store.execute("rollback");
    if (isBusy(error)) throw error;
    return { id, failure: failureOf(error, false) };
  }
}
