/** What names a lease outside of the store: the message's number, the delivery's place, and which of its leases. */

import type { Messages } from "./messages.ts";
import type { Delivery } from "./stored.ts";

/** Of the delivery's last lease. */
export function receiptOf({ message, place, lease }: Delivery): string {
  return `${message.number}.${place}.${lease}`;
}

/** Whose last lease it names; `undefined` for one from before, and for what is no receipt. */
export function findByReceipt(messages: Messages, receipt: string): Delivery | undefined {
  const afterNumber = receipt.indexOf(".");
  const afterPlace = receipt.indexOf(".", afterNumber + 1);
  const message = messages.findByNumber(Number(receipt.slice(0, afterNumber)));
  const delivery = message?.deliveries.at(Number(receipt.slice(afterNumber + 1, afterPlace)));
  return delivery?.lease === Number(receipt.slice(afterPlace + 1)) ? delivery : undefined;
}
