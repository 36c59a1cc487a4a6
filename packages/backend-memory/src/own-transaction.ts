/** Transactions that belong to a program. */

import { Line, type MemoryFaults } from "./faults.ts";
import { type MemoryHub, memoryHub } from "./hub.ts";
import { endedError, type MemoryTransaction, SOURCE, Transaction } from "./transaction.ts";

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

class OwnTransaction extends Transaction implements OwnMemoryTransaction {
  async commit(): Promise<void> {
    const check = (): void => {
      if (!this.isOpen) throw endedError();
    };
    await this.line.carry("store", SOURCE, { check, apply: () => this.takeEffect() });
    await this.line.whileAlive();
  }

  async rollback(): Promise<void> {
    await this.line.whileAlive();
    this.revoke();
  }
}
