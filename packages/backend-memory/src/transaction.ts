/** What happens together, or not at all: a handler's with its acknowledgement, or a program's own. */

import { MusterError } from "@muster/core/slots";
import { NAME } from "./client.ts";
import { Line, type MemoryFaults } from "./faults.ts";
import { type MemoryHub, memoryHub } from "./hub.ts";

const SOURCE = `${NAME}.transaction`;

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

/** A transaction that its program ends. */
export interface OwnMemoryTransaction extends MemoryTransaction {
  /**
   * @throws CLOSED: it has ended. UNAVAILABLE: a fault; without `mayHaveApplied` it is still open. INTERNAL: it is
   * committed, but an effect has thrown.
   */
  commit(): Promise<void>;
  /** Nothing of it happens. It has ended: nothing. */
  rollback(): Promise<void>;
}

export interface MemoryTransactionOptions {
  /** Default: of no hub, so that no fault befalls it. */
  readonly hub?: MemoryHub;
  /** For tests: the misfortunes of the process it belongs to. When that is stopped, it is rolled back. */
  readonly faults?: MemoryFaults;
}

/** Begins a transaction, for what takes one: `outbox.record`. */
export function memoryTransaction({ hub = memoryHub(), faults }: MemoryTransactionOptions = {}): OwnMemoryTransaction {
  return new OwnTransaction(new Line(hub.faults, ...(faults ? [faults] : [])));
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

class OwnTransaction extends Transaction implements OwnMemoryTransaction {
  async commit(): Promise<void> {
    await Promise.resolve();
    if (!this.line.isStopped && !this.isOpen) throw endedError();
    await this.line.carry("store", SOURCE, () => this.takeEffect());
    await this.line.whileAlive();
  }

  async rollback(): Promise<void> {
    await this.line.whileAlive();
    this.revoke();
  }
}

function endedError(): MusterError<"CLOSED"> {
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
