/** A connection that publishes and does nothing else, what is made on it, and who waits until it takes more. */

import { type Call, offEnd, onEnd } from "@muster/core/slots";
import { unavailable } from "../errors.ts";
import type { Settings } from "../options.ts";
import { Link } from "./link.ts";
import { type Maker, Standing, type Work } from "./standing.ts";

export class Line<T extends Work> {
  readonly #link: Link;
  readonly #waiting = new Set<() => void>();
  readonly #blocking: Disposable;
  #standing: Standing<T> | undefined;

  private constructor(link: Link) {
    this.#link = link;
    this.#blocking = link.follow({ onUnblocked: () => this.wake() });
  }

  /** @throws what has kept it from being ready, coded; nothing is left of it then. */
  static async open<T extends Work>(settings: Settings, maker: Maker<T>, call: Call): Promise<Line<T>> {
    const line = new Line<T>(await Link.open(settings, call));
    try {
      line.#standing = await Standing.open(line.#link, maker, "open", call);
      return line;
    } catch (error) {
      await line.close();
      throw error;
    }
  }

  /** The server is short of memory or disk. */
  get isBlocked(): boolean {
    return this.#link.isBlocked;
  }

  /** What was made. @throws UNAVAILABLE while it is broken; nothing was sent. */
  require(operation: string): T {
    if (this.#standing === undefined) throw unavailable("it is not there yet", { operation });
    return this.#standing.require(operation);
  }

  /** Makes it anew. */
  renew(cause: unknown): void {
    this.#standing?.renew(cause);
  }

  /** Resolves when something has changed, or the call has ended. */
  change(call: Call): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        offEnd(call, wake);
        resolve();
      };
      this.#waiting.add(wake);
      onEnd(call, wake);
    });
  }

  /** Something has changed. */
  wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  close(): Promise<void> {
    this.#blocking[Symbol.dispose]();
    this.#standing?.leave();
    this.wake();
    return this.#link.close();
  }
}
