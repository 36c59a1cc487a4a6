/** The transaction facet: handled, noted and acknowledged at once, or not at all. */

import { MusterError, type TransactionFacet } from "@muster/core/slots";
import { NAME } from "../client.ts";
import { type MemoryTransaction, Transaction } from "../transaction.ts";
import type { Access, Moment } from "./access.ts";
import { acknowledge } from "./life.ts";
import type { Queues } from "./queues.ts";
import { findHeld, settle } from "./settling.ts";
import type { Delivery } from "./stored.ts";

interface Handling {
  readonly messageId: string;
  readonly identity: string;
  readonly receipt: string;
}

/** The lease is looked at before the work and again after it: others may come between. */
export function transactionFacet(access: Access): TransactionFacet<MemoryTransaction> {
  return {
    async handleOnce(handling, work, call) {
      const leased = await access.run("handleOnce", call, (queues, moment) => admit(queues, handling, moment));
      if (leased === undefined) return "duplicate";
      const transaction = new Transaction(access.client.line);
      try {
        await access.client.run("handleOnce", call, () => work(transaction));
        transaction.seal();
        return await access.run("handleOnce", call, (queues, moment) => {
          transaction.checkStanding();
          const stillLeased = admit(queues, handling, moment);
          if (stillLeased === undefined) return "duplicate";
          commit(queues, stillLeased, moment);
          transaction.takeEffect();
          return "handled";
        });
      } finally {
        transaction.revoke();
      }
    },
  };
}

/** `undefined`: it had been handled before, and is acknowledged. @throws FENCED */
function admit(queues: Queues, { messageId, identity, receipt }: Handling, moment: Moment): Delivery | undefined {
  if (queues.handled.has(messageId, identity)) {
    settle(queues, { receipt, as: "ack" }, moment);
    return undefined;
  }
  const delivery = findHeld(queues, receipt);
  if (delivery?.mailbox.identity === identity && delivery.message.content.id === messageId) return delivery;
  const message = "its lease was lost";
  throw new MusterError({ code: "FENCED", source: `${NAME}.handleOnce`, subject: identity, message });
}

/** Noted for longer than the message is known: enqueued once more after that, it must still not be handled again. */
function commit(queues: Queues, delivery: Delivery, { now, lettersUntil }: Moment): void {
  const { message, mailbox, intake } = delivery;
  queues.handled.add(message.content.id, mailbox.identity, intake.expiresAt + (lettersUntil - now));
  delivery.settledAs = "ack";
  acknowledge(queues, delivery);
}
