/** Any number of delayed tasks on one timer, which never keeps the process alive. */

/** Tasks run late by at most a sixteenth of their delay, so that those due at about the same time share a wake-up. */
export class Agenda {
  readonly #due = new Map<number, Set<() => void>>();
  #timer: NodeJS.Timeout | undefined;
  #next = Number.POSITIVE_INFINITY;

  /** Runs `task` once after `delayMs`; the disposer prevents it. `task` must not throw. */
  after(delayMs: number, task: () => void): Disposable {
    const grain = Math.max(1, 2 ** Math.floor(Math.log2(Math.max(1, delayMs) / 16)));
    const due = Math.ceil((performance.now() + delayMs) / grain) * grain;
    const tasks = this.#due.get(due) ?? new Set();
    // A closure of its own: the same function may be due twice at once.
    const entry = (): void => task();
    this.#due.set(due, tasks.add(entry));
    if (due < this.#next) this.#arm(due);
    return {
      [Symbol.dispose]: () => {
        tasks.delete(entry);
        if (tasks.size === 0 && this.#due.get(due) === tasks) this.#due.delete(due);
      },
    };
  }

  /** Forgets every task. */
  clear(): void {
    this.#due.clear();
    this.#arm(Number.POSITIVE_INFINITY);
  }

  #arm(due: number): void {
    clearTimeout(this.#timer);
    this.#next = due;
    if (due === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#run(), Math.max(0, due - performance.now()));
    this.#timer.unref();
  }

  #run(): void {
    const now = performance.now();
    const ready = [...this.#due.keys()].filter((due) => due <= now).toSorted((a, b) => a - b);
    for (const due of ready) {
      const tasks = this.#due.get(due);
      this.#due.delete(due);
      for (const task of tasks ?? []) task();
    }
    this.#arm(Math.min(...this.#due.keys()));
  }
}
