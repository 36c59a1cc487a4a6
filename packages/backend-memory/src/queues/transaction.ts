/** What a handler does together with its acknowledgement. */

import { MusterError } from "@muster/core/slots";
import { NAME } from "../client.ts";

const SOURCE = `${NAME}.handleOnce`;

/**
 * A store in memory has no rows of the handler's to write, so a transaction of it is the list of what is to happen when
 * the acknowledgement stands: changes to the program's own variables, in the usual case.
 */
export interface MemoryTransaction {
  /**
   * Calls `effect` when the transaction commits, and never otherwise: not when `work` throws, not when the lease was lost
   * meanwhile, not when the message had been handled before. Effects run in the order in which they were given, in one
   * turn with the acknowledgement, so nobody sees one without the other. They must not throw: nothing is taken back any
   * more.
   *
   * @throws CLOSED: `work` has ended.
   */
  onCommit(effect: () => void): void;
}

export class Transaction implements MemoryTransaction {
  readonly #effects: (() => void)[] = [];
  #hasEnded = false;

  onCommit(effect: () => void): void {
    if (this.#hasEnded) throw new MusterError({ code: "CLOSED", source: SOURCE, message: "the transaction has ended" });
    this.#effects.push(effect);
  }

  end(): void {
    this.#hasEnded = true;
  }

  /** @throws INTERNAL: an effect has thrown; the others have run. */
  takeEffect(): void {
    const errors = this.#effects.flatMap(errorsOf);
    if (errors.length === 0) return;
    const message = "it is committed, but an effect has thrown";
    throw new MusterError({ code: "INTERNAL", source: SOURCE, message, mayHaveApplied: true, cause: errors[0] });
  }
}

function errorsOf(effect: () => void): readonly unknown[] {
  try {
    effect();
    return [];
  } catch (error) {
    return [error]; // Thrown once all have run.
  }
}
