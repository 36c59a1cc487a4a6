/** A program with rows of its own and an outbox beside them: it multicasts inside its transactions. */

import {
  type MemoryFaults,
  type MemoryHub,
  memoryTransaction,
  type OwnMemoryTransaction,
} from "@muster/backend-memory";
import type { MulticastOptions } from "../../src/fleet.ts";
import type { MulticastReport } from "../../src/slots/index.ts";
import type { TestFleet } from "./fleets.ts";

type Options = Omit<MulticastOptions, "transaction">;

export class Ledger {
  readonly #hub: MemoryHub;
  readonly #faults: MemoryFaults | undefined;

  constructor(hub: MemoryHub, faults?: MemoryFaults) {
    this.#hub = hub;
    this.#faults = faults;
  }

  begin(): OwnMemoryTransaction {
    return memoryTransaction({ hub: this.#hub, ...(this.#faults === undefined ? {} : { faults: this.#faults }) });
  }

  /** To everyone, in a transaction of its own, which commits. */
  async send(fleet: TestFleet, payload: string, options: Options = {}): Promise<MulticastReport> {
    const transaction = this.begin();
    const report = await fleet.multicast(null, payload, { ...options, transaction });
    await transaction.commit();
    return report;
  }
}
