/** How deliveries begin, and what their states mean. */

import type { DurableMessage } from "@muster/core/slots";
import type { Delivery, Intake, Mailbox, StoredMessage } from "./stored.ts";

export function newDelivery(message: StoredMessage, mailbox: Mailbox, epoch: number, intake: Intake): Delivery {
  return {
    message,
    place: message.deliveries.nextPlace,
    mailbox,
    earlier: undefined,
    later: undefined,
    intake,
    epoch,
    state: "queued",
    attempts: 0,
    lease: 0,
    attachment: 0,
    settledAs: undefined,
    failure: undefined,
    bucket: undefined,
    previous: undefined,
    next: undefined,
  };
}

/** It lies in its mailbox. */
export function isPending({ state }: Delivery): boolean {
  return state !== "delivered" && state !== "failed";
}

/** It has failed and is kept for people to look at; it stands in the agenda for that. */
export function isDeadLetter({ state, bucket }: Delivery): boolean {
  return state === "failed" && bucket !== undefined;
}

/** The reader's own: nothing that happens to the bytes reaches the store. */
export function copyOf(message: DurableMessage): DurableMessage {
  const { id, contentType, sentAt, guarantee, replyTo, payload } = message;
  return { id, contentType, sentAt, guarantee, replyTo, payload: new Uint8Array(payload) };
}
