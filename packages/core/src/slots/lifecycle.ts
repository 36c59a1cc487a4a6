/** The life every backend object leads: new, opened once, closed for good. */

import type { Call } from "./backend.ts";
import { MusterError } from "./errors.ts";
import { abortedError, type EndListener, offEnd, onEnd, throwIfAborted } from "./signals.ts";

export type LifecycleState = "new" | "opening" | "open" | "closing" | "closed";

const WHY_NOT_NOW = {
  new: "it is not open yet",
  opening: "it is not open yet",
  open: "it is open already",
  closing: "it has been closed",
  closed: "it has been closed",
} as const;

/**
 * The life of one backend object, which holds it; nothing extends it. `name` is the backend's, as it stands in the source
 * of errors: `memory` gives `memory.setMany`.
 */
export class Lifecycle {
  readonly #name: string;
  readonly #interrupted = new Set<Interrupted>();
  #state: LifecycleState = "new";
  #opened = false;
  #opening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  get state(): LifecycleState {
    return this.#state;
  }

  /**
   * Runs `start`, with a call that also aborts when the object is closed meanwhile; it must honour it. When `start` fails
   * it must have released what it took, and the object may be opened again.
   *
   * @throws CLOSED: it is open, opening, or has been closed; TIMEOUT, ABORTED; otherwise what `start` throws.
   */
  async open(call: Call, start: (call: Call) => Promise<void>): Promise<void> {
    if (this.#state !== "new") throw this.#closedError("open");
    throwIfAborted(call, `${this.#name}.open`);
    this.#state = "opening";
    this.#opening = this.#start(call, start);
    await this.#opening;
  }

  /** For the head of every operation. @throws CLOSED unless open; TIMEOUT, ABORTED when the signal has aborted. */
  check(operation: string, call: Call): void {
    if (this.#state !== "open") throw this.#closedError(operation);
    throwIfAborted(call, `${this.#name}.${operation}`);
  }

  /**
   * Runs one operation, and stops waiting for it as soon as its call aborts or the object is closed. The error then has
   * `mayHaveApplied` set, because the request may have left; what becomes of `work` after that is ignored.
   *
   * @throws CLOSED, TIMEOUT, ABORTED; otherwise what `work` throws.
   */
  run<T>(operation: string, call: Call, work: () => Promise<T>): Promise<T> {
    // One promise, and no signal unless `work` asks for one: this stands in front of everything a backend does.
    return new Promise<T>((resolve, reject) => {
      this.check(operation, call);
      const running = new Running(this.#interrupted, `${this.#name}.${operation}`, call, reject);
      try {
        work().then(
          (result) => {
            running.leave();
            resolve(result);
          },
          (error: unknown) => running.fail(error),
        );
      } catch (error) {
        running.fail(error);
      }
    });
  }

  /**
   * Rejects what is in flight with `CLOSED`, waits for a running `start`, then runs `stop` if the object was ever open.
   * Every further call gets the promise of the first, whatever its `stop`.
   */
  close(stop: () => Promise<void>): Promise<void> {
    this.#closing ??= this.#end(stop);
    return this.#closing;
  }

  async #start(call: Call, start: (call: Call) => Promise<void>): Promise<void> {
    const controller = new AbortController();
    const abort = (): void => controller.abort(call.signal.reason);
    const interrupted: Interrupted = { interrupt: abort };
    call.signal.addEventListener("abort", abort, { once: true });
    this.#interrupted.add(interrupted);
    try {
      await start({ signal: controller.signal });
      this.#opened = true;
    } catch (error) {
      if (this.#closing !== undefined) throw this.#closedError("open", false, error);
      this.#state = "new";
      throw error;
    } finally {
      call.signal.removeEventListener("abort", abort);
      this.#interrupted.delete(interrupted);
    }
    if (this.#closing !== undefined) throw this.#closedError("open");
    this.#state = "open";
  }

  async #end(stop: () => Promise<void>): Promise<void> {
    this.#state = "closing";
    for (const interrupted of [...this.#interrupted]) interrupted.interrupt();
    await this.#opening?.catch(() => undefined); // Told to whoever is opening.
    try {
      if (this.#opened) await stop();
    } finally {
      this.#state = "closed";
    }
  }

  #closedError(operation: string, mayHaveApplied = false, cause?: unknown): MusterError<"CLOSED"> {
    return closedError(`${this.#name}.${operation}`, this.#state, mayHaveApplied, cause);
  }
}

/** What ends when the object is closed. */
interface Interrupted {
  interrupt(): void;
}

/** An operation under way: an object, and no closures, for there is one for everything a backend does. */
class Running implements Interrupted, EndListener {
  readonly #all: Set<Interrupted>;
  readonly #source: string;
  readonly #call: Call;
  readonly #reject: (error: unknown) => void;

  constructor(all: Set<Interrupted>, source: string, call: Call, reject: (error: unknown) => void) {
    this.#all = all;
    this.#source = source;
    this.#call = call;
    this.#reject = reject;
    all.add(this);
    onEnd(call, this);
  }

  interrupt(): void {
    this.fail(closedError(this.#source, "closing", true));
  }

  /** The call has ended. */
  handleEvent(): void {
    this.fail(abortedError(this.#call, this.#source, true));
  }

  fail(error: unknown): void {
    this.leave();
    this.#reject(error);
  }

  leave(): void {
    this.#all.delete(this);
    offEnd(this.#call, this);
  }
}

function closedError(
  source: string,
  state: LifecycleState,
  mayHaveApplied: boolean,
  cause?: unknown,
): MusterError<"CLOSED"> {
  return new MusterError({ code: "CLOSED", source, message: WHY_NOT_NOW[state], mayHaveApplied, cause });
}
