import { type Call, offEnd, onEnd } from "@muster/core/slots";

/** Who waits for something to be handed out to a session. */
export class Waiters {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Resolves when the session is woken, the call has ended, or so much time has passed. */
  wait(session: string, ms: number, call: Call): Promise<void> {
    return new Promise((resolve) => {
      const all = this.#waiting.get(session) ?? new Set();
      this.#waiting.set(session, all);
      const wake = (): void => {
        clearTimeout(timer);
        offEnd(call, wake);
        all.delete(wake);
        if (all.size === 0 && this.#waiting.get(session) === all) this.#waiting.delete(session);
        resolve();
      };
      const timer = setTimeout(wake, ms).unref();
      all.add(wake);
      onEnd(call, wake);
    });
  }

  wake(session: string): void {
    for (const wake of [...(this.#waiting.get(session) ?? [])]) wake();
  }

  wakeAll(): void {
    for (const session of [...this.#waiting.keys()]) this.wake(session);
  }
}
