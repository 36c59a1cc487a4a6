import { abortedError, offEnd, onEnd, throwIfAborted } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { NAME } from "../errors.ts";

/** Lets so many calls at a time go on; the others wait for their turn, in order. */
export class Turns {
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Whoever has a turn gives it back by disposing of it. @throws ABORTED, TIMEOUT: the call has ended before its turn came. */
  async next(call: PostgresCall): Promise<Disposable> {
    throwIfAborted(call, sourceOf(call));
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(call);
    return { [Symbol.dispose]: () => this.#pass() };
  }

  #wait(call: PostgresCall): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = (): void => {
        offEnd(call, leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.delete(go);
        reject(abortedError(call, sourceOf(call)));
      };
      this.#waiting.add(go);
      onEnd(call, leave);
    });
  }

  #pass(): void {
    const [go] = this.#waiting;
    if (go === undefined) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(go);
    go();
  }
}

function sourceOf({ operation }: PostgresCall): string {
  return `${NAME}.${operation}`;
}
