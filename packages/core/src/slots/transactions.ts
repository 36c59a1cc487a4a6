/** The durability slot's inbox: what a handler writes and that it has handled the message, in one transaction. */

import type { Call } from "./backend.ts";

export interface TransactionFacet<Transaction = unknown> {
  /**
   * Handles one leased delivery exactly once: in one transaction of the store it notes that `identity` has handled the
   * message, runs `work`, and acknowledges the receipt. `duplicate`: it had been noted before; `work` has not run, and the
   * receipt is acknowledged. What is noted is kept at least as long as the message can come back.
   *
   * @throws FENCED: the lease was lost meanwhile, nothing of `work` stands. What `work` throws: nothing of it stands, and the
   * lease goes on. UNAVAILABLE, TIMEOUT with `mayHaveApplied`: the commit was not answered; trying again is safe.
   */
  handleOnce(
    delivery: { readonly messageId: string; readonly identity: string; readonly receipt: string },
    work: (transaction: Transaction) => Promise<void>,
    call: Call,
  ): Promise<"handled" | "duplicate">;
}
