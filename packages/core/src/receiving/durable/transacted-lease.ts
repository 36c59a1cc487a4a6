import { codedError } from "../../call.ts";
import type { HandlerContext } from "../../message.ts";
import { linkCall, type MusterError, type TransactionFacet } from "../../slots/index.ts";
import type { AwaitedMessage } from "../outcome.ts";
import { Lease } from "./lease.ts";

const SOURCE = "core.handleOnce";

/** What a handler's writes go through, and whom to tell when that fails. */
export interface Transactions {
  readonly facet: TransactionFacet;
  readonly maxHandlerMs: number;
  /** It could not be handled, for no fault of its handler's: nothing of what that did stands, as far as is known. */
  onFailure(lease: Lease, error: MusterError): void;
}

/** Handled together with its acknowledgement, or not at all. */
export class TransactedLease extends Lease {
  override readonly hasInbox: boolean = true;
  readonly #transactions: Transactions;

  constructor(transactions: Transactions, ...about: ConstructorParameters<typeof Lease>) {
    super(...about);
    this.#transactions = transactions;
  }

  /** Rejects with what the handler throws; what else goes wrong is settled here. */
  async around(message: AwaitedMessage, handle: (context: HandlerContext<unknown>) => Promise<void>): Promise<void> {
    const { facet, maxHandlerMs, onFailure } = this.#transactions;
    const { identity, receipt } = this;
    let thrown: { readonly error: unknown } | undefined;
    const work = async (transaction: unknown): Promise<void> => {
      try {
        await handle({ transaction });
      } catch (error) {
        thrown = { error };
        throw error;
      }
      // Refused for good: nothing of what it wrote may stand.
      if (this.received.isRejected) throw new Error("rejected");
    };
    // It is abandoned sooner than that.
    using call = linkCall({ signal: message.signal }, 2 * maxHandlerMs, SOURCE);
    try {
      await facet.handleOnce({ messageId: message.id, identity, receipt }, work, call);
      this.isAcknowledged = true;
    } catch (error) {
      if (thrown !== undefined) throw thrown.error;
      if (this.isOpen && !this.received.isRejected) onFailure(this, codedError(error, SOURCE));
    }
  }
}
