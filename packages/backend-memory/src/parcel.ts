/** One message on its way into one inbox, and what became of it in all of them. */

import { Arrived, type BatchFailure, type Delivery, MusterError, type Outgoing } from "@muster/core/slots";

/** How many of the inboxes on the message's address took it, and how many had no room in time. */
export interface Fate {
  taken: number;
  stalled: number;
}

export interface Parcel {
  readonly message: Outgoing;
  readonly fate: Fate;
}

/** The receiver's own: bytes and headers are copied, so neither side sees what the other does with them later. */
export function deliveryOf({ address, headers, body }: Outgoing): Delivery {
  return new Arrived(address, { ...headers }, new Uint8Array(body));
}

/** `undefined`: every inbox that listens has taken it, and at least one does. */
export function failureOf(index: number, address: string, { taken, stalled }: Fate): BatchFailure | undefined {
  const about = { source: "memory.publishMany", subject: address };
  if (stalled > 0) {
    const message = "an inbox stayed full; its process does not keep up";
    return { index, error: new MusterError({ code: "RATE_LIMITED", ...about, message, mayHaveApplied: taken > 0 }) };
  }
  if (taken > 0) return undefined;
  return { index, error: new MusterError({ code: "NO_ROUTE", ...about, message: "no inbox listens on this address" }) };
}
