/** Runs requests one after the other in the thread, and waits for other processes between them. */

import { isBusy, isOfConnection } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { connect } from "./connection.ts";
import { failureOf } from "./failure.ts";
import { writeGroup } from "./group.ts";
import type { Answer, Request, Start } from "./messages.ts";
import { Patience } from "./patience.ts";
import { type Task, taskOf } from "./task.ts";
import { isGivenUp } from "./turn.ts";

/**
 * Reads first, for nobody makes them wait; then as many writes as there are, in one transaction: so that one wait for the
 * disk does for all.
 */
export class Executor {
  readonly #start: Start;
  readonly #answer: (answers: readonly Answer[]) => void;
  readonly #patience = new Patience(() => this.#work());
  #reads: Task[] = [];
  #writes: Task[] = [];
  #store: Store | undefined;
  #onEnd: (() => void) | undefined;

  constructor(start: Start, answer: (answers: readonly Answer[]) => void) {
    this.#start = start;
    this.#answer = answer;
  }

  take(request: Request): void {
    const task = taskOf(request);
    (task.operation.kind === "read" ? this.#reads : this.#writes).push(task);
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
    if (this.#reads.length + this.#writes.length > 0) this.#workOn();
    else if (this.#onEnd !== undefined) this.#end(this.#onEnd);
    else this.#patience.rest();
  }

  #end(onEnd: () => void): void {
    this.#disconnect();
    onEnd();
  }

  #workOn(): void {
    const isWriting = this.#writes.length > 0;
    try {
      while (this.#reads.length > 0) this.#read();
      if (isWriting) this.#write();
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
    this.#tell(answers);
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
    this.#answer([...this.#reads, ...this.#writes].map(({ request: { id } }) => ({ id, failure })));
    this.#reads = [];
    this.#writes = [];
  }

  #disconnect(): void {
    const store = this.#store;
    this.#store = undefined;
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
