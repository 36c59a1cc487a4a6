/** Misfortunes for tests: what can befall the process of a client, its store and its broker. */

import { MusterError } from "@muster/core/slots";

/**
 * - `store`, `broker`: unreachable. Every call on registry and durability, or on messaging and its inboxes, rejects with
 *   `UNAVAILABLE` and has no effect. Without its broker a process receives nothing either, as with `route`.
 * - `route`: the inboxes' addresses are no longer live, for anyone, and `onRoute` is told; what was received before still
 *   waits in the inbox. Publishing goes on. When it is up again, all addresses are live again.
 * - `replies`: calls take effect and then reject with `UNAVAILABLE` and `mayHaveApplied`.
 */
export type FaultyPart = "store" | "broker" | "route" | "replies";

/**
 * Switches for the clients that were made with it: `memoryRegistry({ hub, faults })`. Give one to all clients of a
 * simulated process, or use `hub.faults` for all clients of the hub.
 */
export class MemoryFaults {
  readonly #down = new Set<FaultyPart>();
  readonly #listeners = new Set<() => void>();
  #stopped = false;
  #frozen = false;

  get isStopped(): boolean {
    return this.#stopped;
  }

  get isFrozen(): boolean {
    return this.#frozen;
  }

  isDown(part: FaultyPart): boolean {
    return this.#down.has(part);
  }

  /**
   * The process dies, at this very await, for good: its inboxes are gone, without a word to anyone; no later call of its
   * takes effect; calls that are open or come later never settle, whatever their signal does. Only `close()` still
   * resolves, without any effect, so that a test can clean up.
   */
  stop(): void {
    this.#stopped = true;
    this.#tell();
  }

  /** Twice is once. */
  down(part: FaultyPart): void {
    this.#down.add(part);
    this.#tell();
  }

  /** Ends the fault; without one, nothing. */
  up(part: FaultyPart): void {
    this.#down.delete(part);
    this.#tell();
  }

  /**
   * Store and broker stop answering, and no connection is lost: calls wait until they are given up, and whatever has been
   * asked of them takes effect with {@link thaw}, once, given up or not. Routes stay as they are. Twice is once.
   */
  freeze(): void {
    this.#frozen = true;
    this.#tell();
  }

  /** Store and broker answer again; without {@link freeze}, nothing. */
  thaw(): void {
    this.#frozen = false;
    this.#tell();
  }

  /** Calls the listener after each change, until disposed of. */
  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

export function memoryFaults(): MemoryFaults {
  return new MemoryFaults();
}

export interface Request<T> {
  /** Throws when nobody wants it any more. */
  check(): void;
  apply(): T | Promise<T>;
}

/** The line between one client and its hub, with the faults of both. */
export class Line {
  readonly #faults: readonly MemoryFaults[];

  constructor(...faults: readonly MemoryFaults[]) {
    this.#faults = faults;
  }

  get isStopped(): boolean {
    return this.#faults.some((faults) => faults.isStopped);
  }

  get isFrozen(): boolean {
    return this.#faults.some((faults) => faults.isFrozen);
  }

  isDown(part: FaultyPart): boolean {
    return this.#faults.some((faults) => faults.isDown(part));
  }

  /** Resolves when nothing is frozen. */
  async untilThawed(): Promise<void> {
    while (this.isFrozen) {
      await new Promise<void>((resolve) => {
        const change = this.onChange(() => {
          change[Symbol.dispose]();
          resolve();
        });
      });
    }
  }

  /** @throws UNAVAILABLE while `part` is down. */
  check(part: FaultyPart, source: string): void {
    if (!this.isDown(part)) return;
    const mayHaveApplied = part === "replies";
    throw new MusterError({ code: "UNAVAILABLE", source, message: `down by a fault: ${part}`, mayHaveApplied });
  }

  /**
   * Takes a request to `part`, a turn later, if `check` still lets it go, and does there what it asks for. Never resolves once
   * the process has been stopped.
   *
   * @throws UNAVAILABLE; what `check` and `apply` throw.
   */
  async carry<T>(part: "store" | "broker", source: string, { check, apply }: Request<T>): Promise<T> {
    await Promise.resolve();
    if (this.isStopped) return new Promise<never>(() => {});
    check();
    this.check(part, source);
    if (this.isFrozen) await this.untilThawed(); // It has left: giving it up takes nothing back any more.
    if (this.isStopped) return new Promise<never>(() => {});
    const answer = await apply();
    this.check("replies", source);
    return answer;
  }

  /** Resolves at once, or never once the process has been stopped. */
  async whileAlive(): Promise<void> {
    if (this.isStopped) await new Promise<never>(() => {});
  }

  onChange(listener: () => void): Disposable {
    const subscriptions = this.#faults.map((faults) => faults.onChange(listener));
    return {
      [Symbol.dispose](): void {
        for (const subscription of subscriptions) subscription[Symbol.dispose]();
      },
    };
  }
}
