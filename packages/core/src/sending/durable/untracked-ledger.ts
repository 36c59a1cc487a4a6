/** For stores that can't be asked what became of a delivery: the receivers' words are all there is. */

import type { TimedCall } from "../../slots/index.ts";
import type { FailedReceipt, ReceiptsFrame } from "../../wire/receipts.ts";
import type { Tally } from "../report.ts";
import type { Ledger } from "./ledger.ts";
import { Wake } from "./wake.ts";

/** It has to remember everyone who may still answer. */
export class UntrackedLedger implements Ledger {
  readonly #wake = new Wake();
  readonly #open = new Set<string>();
  readonly #delivered: string[] = [];
  readonly #failed: FailedReceipt[] = [];
  readonly #offline: string[] = [];
  /** Heard of before the store said that they were accepted. */
  readonly #early = new Map<string, FailedReceipt | undefined>();

  accept(attached: readonly string[], offline: readonly string[]): void {
    for (const identity of attached) {
      this.#open.add(identity);
      if (!this.#early.has(identity)) continue;
      this.#settle(identity, this.#early.get(identity));
      this.#early.delete(identity);
    }
    this.#offline.push(...offline);
  }

  hear({ delivered, failed }: ReceiptsFrame): void {
    for (const identity of delivered) this.#settle(identity, undefined);
    for (const failure of failed) this.#settle(failure.identity, failure);
    if (this.#open.size === 0) this.#wake.ring();
  }

  async settled(call: TimedCall): Promise<void> {
    while (this.#open.size > 0 && call.deadline > performance.now() && !call.signal.aborted)
      await this.#wake.within(call.deadline - performance.now(), call);
  }

  async close(tally: Tally, uncertain: readonly string[]): Promise<void> {
    tally.deliver(this.#delivered);
    for (const { identity, code, reason } of this.#failed) tally.miss("failed", [identity], code, reason);
    tally.defer([...this.#open, ...this.#offline]);
    tally.miss("timeout", uncertain, "INDETERMINATE", "the store did not answer whether it keeps it");
  }

  #settle(identity: string, failure: FailedReceipt | undefined): void {
    if (!this.#open.delete(identity)) this.#early.set(identity, failure);
    else if (failure === undefined) this.#delivered.push(identity);
    else this.#failed.push(failure);
  }
}
