import type { Call } from "./backend.ts";
import { Groups } from "./groups.ts";
import { offEnd, onEnd } from "./signals.ts";

/** Who waits for something to be handed out to a session. */
export class Waiters {
  readonly #waiting = new Groups<() => void>();

  /** Resolves when the session is woken, the call has ended, or so much time has passed. */
  wait(session: string, ms: number, call: Call): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        offEnd(call, wake);
        this.#waiting.delete(session, wake);
        resolve();
      };
      const timer = setTimeout(wake, ms).unref();
      this.#waiting.add(session, wake);
      onEnd(call, wake);
    });
  }

  wake(session: string): void {
    for (const wake of [...this.#waiting.get(session)]) wake();
  }

  wakeAll(): void {
    for (const session of [...this.#waiting.keys()]) this.wake(session);
  }
}
