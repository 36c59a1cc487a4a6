/** How deliveries begin, and how messages are read. */

import type { DurableMessage } from "@muster/core/slots";
import type { Delivery, StoredMessage } from "./stored.ts";

export function newDelivery(message: StoredMessage, identity: string, epoch: number, expiresAt: number): Delivery {
  return {
    message,
    identity,
    epoch,
    expiresAt,
    turn: 0,
    state: "queued",
    attempts: 0,
    lease: 0,
    attachment: 0,
    settledAs: undefined,
    failure: undefined,
    mailbox: undefined,
    earlier: undefined,
    later: undefined,
    bucket: undefined,
    previous: undefined,
    next: undefined,
  };
}

/** The reader's own: nothing that happens to the bytes reaches the store. */
export function copyOf(message: DurableMessage): DurableMessage {
  const { id, contentType, sentAt, guarantee, replyTo, payload } = message;
  return { id, contentType, sentAt, guarantee, replyTo, payload: new Uint8Array(payload) };
}
