/** Work that no caller waits for, bounded in time and awaited by `close`. */

import { codedError } from "../call.ts";
import { type Call, linkCall, type MusterError } from "../slots/index.ts";

/** Whatever is under way ends at its deadline, or when it is stopped. */
export class Background {
  readonly #running = new Set<Promise<void>>();
  /** One for each, and none for all: a signal with thousands of listeners is slow. */
  readonly #stops = new Set<AbortController>();
  #stopped = false;
  readonly #warn: (error: MusterError) => void;

  constructor(warn: (error: MusterError) => void) {
    this.#warn = warn;
  }

  /** Starts `work`; failures are warned of, unless it failed because it was stopped. */
  run(source: string, timeoutMs: number, work: (call: Call) => Promise<void>): void {
    this.finish(source, timeoutMs, work).catch((cause: unknown) => this.#warn(codedError(cause, source)));
  }

  /** As {@link run}, and resolves when the work has ended, however it did. */
  finish(source: string, timeoutMs: number, work: (call: Call) => Promise<void>): Promise<void> {
    const running = this.#guard(source, timeoutMs, work).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  /** Resolves when nothing is under way, or when the call ends. */
  async settle(call: Call): Promise<void> {
    let stopWaiting = (): void => {};
    const ended = new Promise<void>((resolve) => {
      stopWaiting = resolve;
    });
    call.signal.addEventListener("abort", stopWaiting, { once: true });
    while (this.#running.size > 0 && !call.signal.aborted) await Promise.race([Promise.all(this.#running), ended]);
    call.signal.removeEventListener("abort", stopWaiting);
  }

  /** Aborts whatever is under way, and starts nothing more. */
  stop(): void {
    this.#stopped = true;
    for (const controller of this.#stops) controller.abort();
  }

  async #guard(source: string, timeoutMs: number, work: (call: Call) => Promise<void>): Promise<void> {
    const controller = new AbortController();
    this.#stops.add(controller);
    using call = linkCall({ signal: controller.signal }, timeoutMs, source);
    try {
      if (!this.#stopped) await work(call);
    } catch (cause) {
      if (!controller.signal.aborted) this.#warn(codedError(cause, source));
    } finally {
      this.#stops.delete(controller);
    }
  }
}
