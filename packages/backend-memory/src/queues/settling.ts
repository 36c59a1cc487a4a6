/** What receipts can do. */

import type { Settlement } from "@muster/core/slots";
import { acknowledge, comeBack, die, release } from "./life.ts";
import type { Queues } from "./queues.ts";
import type { RefusalCode } from "./refusal.ts";
import type { Delivery } from "./stored.ts";

export function settle(
  queues: Queues,
  settlement: Settlement,
  now: number,
  letterUntil: number,
): RefusalCode | undefined {
  const delivery = queues.messages.findByReceipt(settlement.receipt);
  if (delivery === undefined || isFenced(delivery)) return "FENCED";
  if (delivery.settledAs !== undefined) return delivery.settledAs === settlement.as ? undefined : "FENCED";
  if (delivery.mailbox === undefined) return "FENCED";
  delivery.settledAs = settlement.as;
  apply(queues, delivery, settlement, { now, letterUntil });
  return undefined;
}

function apply(
  queues: Queues,
  delivery: Delivery,
  settlement: Settlement,
  { now, letterUntil }: { readonly now: number; readonly letterUntil: number },
): void {
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
      die(queues, delivery, settlement, now, letterUntil);
  }
}

/** Only what is still leased: what has come back may be anybody's by the time the answer arrives. */
export function extend(queues: Queues, receipt: string, endsAt: number): RefusalCode | undefined {
  const delivery = queues.messages.findByReceipt(receipt);
  if (delivery?.state !== "leased" || isFenced(delivery)) return "FENCED";
  queues.agenda.put(delivery, endsAt);
  return undefined;
}

/** It is attached anew since it was leased. */
function isFenced({ mailbox, attachment }: Delivery): boolean {
  return mailbox !== undefined && mailbox.attachment !== attachment;
}
