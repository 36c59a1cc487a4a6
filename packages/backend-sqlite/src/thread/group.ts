/** Several writes in one transaction: all of them reach the disk together, and each is undone alone. */

import type { Store } from "../store/store.ts";
import { rawCodeOf } from "../errors.ts";
import { failureOf } from "./failure.ts";
import type { Answer } from "./messages.ts";
import type { Task } from "./task.ts";
import { begin } from "./turn.ts";

/** What one transaction holds at most, and for how long it goes on beginning writes: others wait for it. */
const MAX_WRITES = 256;
const MAX_MS = 20;

export interface Group {
  readonly answers: readonly Answer[];
  /** How many of the tasks are done with: the first ones. */
  readonly taken: number;
}

/** @throws BUSY: another process is writing; nothing has begun. */
export function writeGroup(store: Store, tasks: readonly Task[]): Group {
  store.execute("begin immediate");
  const end = performance.now() + MAX_MS;
  const answers: Answer[] = [];
  let taken = 0;
  for (const task of tasks) {
    if (taken >= MAX_WRITES || (taken > 0 && performance.now() > end)) break;
    taken += 1;
    if (!begin(task.request.turn)) continue;
    answers.push(write(store, task));
    // Some errors, such as that of a full disk, undo all that was in the transaction, and end it.
    if (!store.isInTransaction) return { answers: undone(answers), taken };
  }
  return { answers: committed(store, answers), taken };
}

function write(store: Store, { request: { id, args }, operation }: Task): Answer {
  try {
    store.execute("savepoint one");
    const value = operation.run(store, args);
    store.execute("release one");
    return { id, value };
  } catch (error) {
    if (store.isInTransaction) store.execute("rollback to one; release one");
    return { id, failure: failureOf(error, false) };
  }
}

function committed(store: Store, answers: readonly Answer[]): readonly Answer[] {
  try {
    store.execute("commit");
    return answers;
  } catch (error) {
    if (store.isInTransaction) store.execute("rollback");
    // What the disk has failed to confirm may be there all the same. Where there was no room, nothing is.
    const failure = failureOf(error, !isFull(error));
    return answers.map((answer) => ("failure" in answer ? answer : { id: answer.id, failure }));
  }
}

/** What seemed to be done has been undone with the one that failed last, and failed like it. */
function undone(answers: readonly Answer[]): readonly Answer[] {
  const last = answers.at(-1);
  if (last === undefined || !("failure" in last)) return answers;
  return answers.map((answer) => ("failure" in answer ? answer : { id: answer.id, failure: last.failure }));
}

const FULL = 13;

export function isFull(error: unknown): boolean {
  return ((rawCodeOf(error) ?? 0) & 0xff) === FULL;
}
