/** All messages of one namespace, and every way to find one. */

import type { DurableMessage } from "@muster/core/slots";
import { BucketQueue } from "./bucket-queue.ts";
import { copyOf } from "./delivery.ts";
import type { Delivery, StoredMessage } from "./stored.ts";

export class Messages {
  readonly #byId = new Map<string, StoredMessage>();
  readonly #byNumber = new Map<number, StoredMessage>();
  readonly #byKey = new Map<string, StoredMessage>();
  readonly #retained = new BucketQueue<StoredMessage>();
  #lastNumber = 0;

  find(id: string): StoredMessage | undefined {
    return this.#byId.get(id);
  }

  findByKey(idempotencyKey: string): StoredMessage | undefined {
    return this.#byKey.get(idempotencyKey);
  }

  /** Whose last lease it names; the same string again never names another. */
  findByReceipt(receipt: string): Delivery | undefined {
    const afterNumber = receipt.indexOf(".");
    const afterLease = receipt.indexOf(".", afterNumber + 1);
    const message = this.#byNumber.get(Number(receipt.slice(0, afterNumber)));
    const delivery = message?.deliveries.get(receipt.slice(afterLease + 1));
    return delivery?.lease === Number(receipt.slice(afterNumber + 1, afterLease)) ? delivery : undefined;
  }

  /** The one that is known by this id, or a new one, remembered until `knownUntil`. */
  keep(message: DurableMessage, knownUntil: number): StoredMessage {
    return this.#byId.get(message.id) ?? this.#add(message, knownUntil);
  }

  /** A multicast has begun with it, so it is remembered for longer. */
  begin(message: StoredMessage, record: Exclude<StoredMessage["record"], undefined>, knownUntil: number): void {
    message.record = record;
    message.isOver = false;
    if (record.idempotencyKey !== undefined) this.#byKey.set(record.idempotencyKey, message);
    this.#retained.put(message, knownUntil);
  }

  /** Ends retentions: multicasts are forgotten, and with them all but what keeps the message. */
  forgetUpTo(now: number): void {
    for (let message = this.#retained.takeUpTo(now); message !== undefined; message = this.#retained.takeUpTo(now)) {
      const key = message.record?.idempotencyKey;
      if (key !== undefined) this.#byKey.delete(key);
      message.record = undefined;
      message.isOver = true;
      for (const delivery of message.deliveries.values()) this.forgetSettled(delivery);
      if (message.deliveries.size === 0) this.#forget(message);
    }
  }

  /** Once its message's retention is over, nothing is known of a delivery that is neither pending nor a dead letter. */
  forgetSettled(delivery: Delivery): void {
    const { message, mailbox, bucket } = delivery;
    const isKept = mailbox !== undefined || bucket !== undefined;
    if (!message.isOver || isKept) return;
    message.deliveries.delete(delivery.identity);
    message.ordered = undefined;
    if (delivery.state === "delivered") message.delivered -= 1;
    else message.failed -= 1;
    if (message.deliveries.size === 0) this.#forget(message);
  }

  #add(message: DurableMessage, knownUntil: number): StoredMessage {
    this.#lastNumber += 1;
    const added: StoredMessage = {
      number: this.#lastNumber,
      content: copyOf(message),
      deliveries: new Map(),
      ordered: undefined,
      record: undefined,
      delivered: 0,
      failed: 0,
      isOver: false,
      bucket: undefined,
      previous: undefined,
      next: undefined,
    };
    this.#byId.set(message.id, added);
    this.#byNumber.set(added.number, added);
    this.#retained.put(added, knownUntil);
    return added;
  }

  #forget({ content, number }: StoredMessage): void {
    this.#byId.delete(content.id);
    this.#byNumber.delete(number);
  }
}

/** Names the delivery's last lease. */
export function receiptOf({ message, lease, identity }: Delivery): string {
  return `${message.number}.${lease}.${identity}`;
}
