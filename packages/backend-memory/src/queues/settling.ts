/** What receipts can do. */

import type { Settlement } from "@muster/core/slots";
import type { Moment } from "./access.ts";
import { isPending } from "./delivery.ts";
import { acknowledge, comeBack, die, release } from "./life.ts";
import type { Queues } from "./queues.ts";
import { findByReceipt } from "./receipt.ts";
import type { RefusalCode } from "./refusal.ts";
import type { Delivery } from "./stored.ts";

export function settle(queues: Queues, settlement: Settlement, moment: Moment): RefusalCode | undefined {
  const { receipt, as } = settlement;
  const held = findHeld(queues, receipt);
  if (held === undefined) return isSettledAs(queues, receipt, as) ? undefined : "FENCED";
  held.settledAs = as;
  apply(queues, held, settlement, moment);
  return undefined;
}

/**
 * The delivery that a receipt can still settle. The end of the lease alone does not make it worthless, as long as the
 * delivery has been leased to nobody else since, and its identity is attached as it was.
 */
export function findHeld({ messages }: Queues, receipt: string): Delivery | undefined {
  const delivery = findByReceipt(messages, receipt);
  if (delivery === undefined || !isPending(delivery) || delivery.settledAs !== undefined) return undefined;
  return delivery.attachment === delivery.mailbox.attachment ? delivery : undefined;
}

function apply(queues: Queues, delivery: Delivery, settlement: Settlement, { now, lettersUntil }: Moment): void {
  switch (settlement.as) {
    case "ack":
      acknowledge(queues, delivery);
      break;
    case "release":
      release(queues, delivery);
      break;
    case "retry":
      comeBack(queues, delivery, settlement.delayMs ? now + settlement.delayMs : undefined);
      break;
    case "dead":
      die(queues, delivery, settlement, now, lettersUntil);
  }
}

/** Only what is still leased: what has come back may be anybody's by the time the answer arrives. */
export function extend(queues: Queues, receipt: string, endsAt: number): RefusalCode | undefined {
  const held = findHeld(queues, receipt);
  if (held?.state !== "leased") return "FENCED";
  queues.agenda.put(held, endsAt);
  return undefined;
}

/** Said again, unless a later attachment has come between. */
function isSettledAs({ messages }: Queues, receipt: string, as: Settlement["as"]): boolean {
  const delivery = findByReceipt(messages, receipt);
  if (delivery === undefined || delivery.settledAs !== as) return false;
  return !isPending(delivery) || delivery.attachment === delivery.mailbox.attachment;
}
