/** What happens together, or not at all: a handler's with its acknowledgement, or a program's own. */

import { MusterError } from "@muster/core/slots";
import { NAME } from "./client.ts";
import type { Line } from "./faults.ts";

/** As it stands in the source of errors. */
export const SOURCE: string = `${NAME}.transaction`;

/**
 * A store in memory has no rows of a program's to write, so a transaction of it is the list of what is to happen when it
 * commits: changes to the program's own variables, in the usual case.
 */
export interface MemoryTransaction {
  /**
   * Calls `effect` when the transaction commits, and never otherwise: of a handler's not when `work` throws, not when the
   * lease was lost meanwhile, not when the message had been handled before. Effects run in the order in which they were
   * given, in one turn with each other and with the acknowledgement, so nobody sees one without the other. They must not
   * throw: nothing is taken back any more.
   *
   * @throws CLOSED: the transaction, or `work`, has ended.
   */
  onCommit(effect: () => void): void;
}

export class Transaction implements MemoryTransaction {
  readonly line: Line;
  readonly #effects: (() => void)[] = [];
  readonly #endings: (() => void)[] = [];
  readonly #stop: Disposable;
  #state: "open" | "committing" | "committed" | "over" = "open";

  constructor(line: Line) {
    this.line = line;
    this.#stop = line.onChange(() => {
      if (line.isStopped) this.revoke();
    });
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  onCommit(effect: () => void): void {
    if (!this.isOpen) throw endedError();
    this.#effects.push(effect);
  }

  /** Calls `listener` when it has ended, either way, after its effects. */
  onEnd(listener: () => void): void {
    this.#endings.push(listener);
  }

  /** Takes no more effects. */
  seal(): void {
    if (this.isOpen) this.#state = "committing";
  }

  /** @throws CLOSED: it has been revoked. */
  checkStanding(): void {
    if (this.#state === "over") throw endedError();
  }

  /** @throws CLOSED: it has ended. INTERNAL: an effect has thrown; the others have run. */
  takeEffect(): void {
    if (this.#state === "over" || this.#state === "committed") throw endedError();
    this.#state = "committed";
    const errors = this.#effects.flatMap(errorsOf);
    this.#tellEnd();
    if (errors.length === 0) return;
    const message = "it is committed, but an effect has thrown";
    throw new MusterError({ code: "INTERNAL", source: SOURCE, message, mayHaveApplied: true, cause: errors[0] });
  }

  /** Rolls back what has not committed. */
  revoke(): void {
    if (this.#state === "committed" || this.#state === "over") return;
    this.#state = "over";
    this.#tellEnd();
  }

  #tellEnd(): void {
    this.#stop[Symbol.dispose]();
    for (const listener of this.#endings) listener();
  }
}

export function endedError(): MusterError<"CLOSED"> {
  return new MusterError({ code: "CLOSED", source: SOURCE, message: "the transaction has ended" });
}

function errorsOf(effect: () => void): readonly unknown[] {
  try {
    effect();
    return [];
  } catch (error) {
    return [error]; // Thrown once all have run.
  }
}
