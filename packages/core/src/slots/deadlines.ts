/** Deadlines of calls: one timer for all that are given the same time, for a process may wait for very many at once. */

/** What ends at its deadline. It stands in one queue at most, which alone touches `before` and `behind`. */
export interface Expiring {
  /** Monotonic (`performance.now()`). */
  readonly deadline: number;
  before: Expiring | undefined;
  behind: Expiring | undefined;
  /** It is past its deadline, and has left its queue. Must not throw. */
  expire(): void;
}

/** In order of their deadlines, because all that enter get the same time. */
export interface DeadlineQueue {
  /** At most once before it leaves. */
  enter(item: Expiring): void;
  /** Nothing when it has left already. */
  leave(item: Expiring): void;
}

/** Those that somebody stands in. */
const queues = new Map<number, Queue>();

/** The queue of whatever ends `timeoutMs` after it has entered. */
export function deadlineQueue(timeoutMs: number): DeadlineQueue {
  const known = queues.get(timeoutMs);
  if (known !== undefined) return known;
  const queue = new Queue(timeoutMs);
  queues.set(timeoutMs, queue);
  return queue;
}

class Queue implements DeadlineQueue {
  readonly #timeoutMs: number;
  #first: Expiring | undefined;
  #last: Expiring | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  enter(item: Expiring): void {
    const now = item.deadline - this.#timeoutMs;
    item.before = this.#last;
    if (this.#last !== undefined) this.#last.behind = item;
    this.#last = item;
    this.#first ??= item;
    // A timer that should have rung may never do: tests take timers away, and give them back.
    if (this.#timer === undefined || this.#first.deadline < now) this.#setTimer(this.#first, now);
  }

  leave(item: Expiring): void {
    const { before, behind } = item;
    if (before === undefined && this.#first !== item) return;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    item.before = undefined;
    item.behind = undefined;
    if (this.#first === undefined) this.#end();
  }

  /** The timer was set for one that may have left since; it is set again for the next. */
  tell(): void {
    const now = performance.now();
    this.#timer = undefined;
    while (this.#first !== undefined && this.#first.deadline <= now) {
      const item = this.#first;
      this.leave(item);
      item.expire();
    }
    if (this.#first !== undefined) this.#setTimer(this.#first, now);
  }

  #setTimer({ deadline }: Expiring, now: number): void {
    clearTimeout(this.#timer);
    // Never longer, by what is rounded, than the longest that a timer can wait.
    this.#timer = setTimeout(tell, Math.min(Math.ceil(deadline - now), this.#timeoutMs), this);
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (queues.get(this.#timeoutMs) === this) queues.delete(this.#timeoutMs);
  }
}

function tell(queue: Queue): void {
  queue.tell();
}
