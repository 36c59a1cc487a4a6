/** Who waits for something to hand out. */

/** Resolves once something is due, or its time is over; ends with its disposal. */
export interface Wait extends Disposable {
  readonly over: Promise<void>;
}

export class Arrivals {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Something is due for the session. */
  tell(session: string): void {
    if (this.#waiting.size === 0) return;
    for (const wake of this.#waiting.get(session) ?? []) wake();
  }

  expect(session: string, waitMs: number): Wait {
    let resolve = (): void => {};
    const over = new Promise<void>((resolveOver) => {
      resolve = resolveOver;
    });
    const wake = (): void => {
      clearTimeout(timer);
      this.#leave(session, wake);
      resolve();
    };
    const timer = setTimeout(wake, waitMs).unref();
    this.#enter(session, wake);
    return { over, [Symbol.dispose]: wake };
  }

  #enter(session: string, wake: () => void): void {
    const waiting = this.#waiting.get(session);
    if (waiting === undefined) this.#waiting.set(session, new Set([wake]));
    else waiting.add(wake);
  }

  #leave(session: string, wake: () => void): void {
    const waiting = this.#waiting.get(session);
    waiting?.delete(wake);
    if (waiting?.size === 0) this.#waiting.delete(session);
  }
}
