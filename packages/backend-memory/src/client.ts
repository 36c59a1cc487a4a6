/** One client of a hub: its life, and how each of its calls travels. */

import { abortedError, type Call, Lifecycle } from "@muster/core/slots";
import type { Line } from "./faults.ts";

/** As it stands in error messages, for all slots. */
export const NAME = "memory";

export class Client {
  readonly line: Line;
  readonly #part: "store" | "broker";
  readonly #life = new Lifecycle(NAME);

  constructor(part: "store" | "broker", line: Line) {
    this.#part = part;
    this.line = line;
  }

  get isOpen(): boolean {
    return this.#life.state === "open";
  }

  async open(call: Call, start: () => void): Promise<void> {
    await this.line.whileAlive();
    await this.#life.open(call, async (opening) => {
      this.line.check(this.#part, `${NAME}.open`);
      if (this.line.isFrozen) await this.#untilThawed(opening);
      start();
    });
  }

  /**
   * Calls `apply`, after a turn, as the store or the broker would: whatever happens to the caller until then, it is not
   * called; once it has been, only the answer can get lost.
   *
   * @throws CLOSED, TIMEOUT, ABORTED, UNAVAILABLE; otherwise what `apply` throws.
   */
  async run<T>(operation: string, call: Call, apply: () => T | Promise<T>): Promise<T> {
    try {
      return await this.#life.run(operation, call, () =>
        this.line.carry(this.#part, `${NAME}.${operation}`, { check: () => this.#life.check(operation, call), apply }),
      );
    } finally {
      await this.line.whileAlive();
    }
  }

  async close(stop: () => void): Promise<void> {
    await this.#life.close(async () => stop());
  }

  /** @throws TIMEOUT, ABORTED: as soon as the call ends. */
  async #untilThawed(call: Call): Promise<void> {
    let giveUp = (): void => {};
    const givenUp = new Promise<never>((_resolve, reject) => {
      giveUp = (): void => reject(abortedError(call, `${NAME}.open`));
    });
    call.signal.addEventListener("abort", giveUp, { once: true });
    try {
      await Promise.race([this.line.untilThawed(), givenUp]);
    } finally {
      call.signal.removeEventListener("abort", giveUp);
    }
  }
}
