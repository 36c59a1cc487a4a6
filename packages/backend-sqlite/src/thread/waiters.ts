/** Writes that wait until there is something for them to do, by this process' doing or another's. */

import type { Store } from "../store/store.ts";
import type { Answer } from "./messages.ts";
import type { Task } from "./task.ts";
import { isGivenUp, suspend } from "./turn.ts";

/** How often it is looked whether another process has written: it takes microseconds. */
const LOOK_MS = 10;

interface Waiter {
  readonly task: Task;
  /** Monotonic. */
  readonly endsAt: number;
  /** By the store's clock. */
  dueAt: number;
}

export class Waiters {
  readonly #wake: () => void;
  #waiting: Waiter[] = [];
  /** What has been told that there may be something, until it is known whether there was. */
  readonly #called = new Map<number, Waiter>();
  #timer: NodeJS.Timeout | undefined;
  #version: unknown;
  #hasNews = false;

  /** `wake` is called when it is time to {@link call} again. */
  constructor(wake: () => void) {
    this.#wake = wake;
  }

  get size(): number {
    return this.#waiting.length;
  }

  add(task: Task): void {
    const waitMs = task.operation.wait?.waitMs(task.request.args) ?? 0;
    this.#waiting.push({ task, endsAt: performance.now() + waitMs, dueAt: 0 });
  }

  /** This thread has written. */
  tellNews(): void {
    this.#hasNews = true;
  }

  /** Those for whom there may be something, and answers for those whose time is over. @throws what reading throws */
  call(store: Store): { readonly tasks: readonly Task[]; readonly answers: readonly Answer[] } {
    this.#waiting = this.#waiting.filter(isWanted);
    for (const [id, waiter] of this.#called) if (!isWanted(waiter)) this.#called.delete(id);
    const tasks: Task[] = [];
    const answers: Answer[] = [];
    if (this.#waiting.length > 0) {
      const isNew = this.#lookForNews(store);
      this.#waiting = this.#waiting.filter((waiter) => {
        if (isNew || waiter.dueAt <= store.now()) waiter.dueAt = dueAt(store, waiter.task);
        const isDue = waiter.dueAt <= store.now();
        const isOver = !isDue && performance.now() >= waiter.endsAt;
        const { request, operation } = waiter.task;
        if (isDue) this.#called.set(request.id, waiter);
        if (isDue) tasks.push(waiter.task);
        if (isOver) answers.push({ id: request.id, value: operation.wait?.nothing });
        return !isDue && !isOver;
      });
    }
    this.#setTimer();
    return { tasks, answers };
  }

  /** Whether what has been done was nothing after all, and goes on waiting: then nobody is told of it. */
  takeBack(answer: Answer): boolean {
    const waiter = this.#called.get(answer.id);
    if (waiter === undefined) return false;
    this.#called.delete(answer.id);
    const { request, operation } = waiter.task;
    if ("failure" in answer || operation.wait?.isNothing(answer.value) !== true) return false;
    if (performance.now() >= waiter.endsAt || !suspend(request.turn)) return false;
    this.#waiting.push(waiter);
    return true;
  }

  /** They wait no longer. */
  takeAll(): readonly Task[] {
    const tasks = this.#waiting.map(({ task }) => task);
    this.#waiting = [];
    this.#called.clear();
    this.#setTimer();
    return tasks;
  }

  #lookForNews(store: Store): boolean {
    const [version] = store.get("pragma data_version") ?? [];
    const isNew = this.#hasNews || version !== this.#version;
    this.#version = version;
    this.#hasNews = false;
    return isNew;
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    const nextMs = Math.min(...this.#waiting.map(({ endsAt }) => endsAt)) - performance.now();
    this.#timer = setTimeout(this.#wake, Math.max(0, Math.min(LOOK_MS, nextMs)));
  }
}

function isWanted({ task }: Waiter): boolean {
  return !isGivenUp(task.request.turn);
}

function dueAt(store: Store, { operation, request }: Task): number {
  return operation.wait?.dueAt(store, request.args) ?? 0;
}
