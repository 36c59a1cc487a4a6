/** All messages of one namespace, and every way to find one. */

import type { DurableMessage } from "@muster/core/slots";
import { BucketQueue } from "./bucket-queue.ts";
import { Deliveries } from "./deliveries.ts";
import { copyOf } from "./delivery.ts";
import type { StoredMessage } from "./stored.ts";

export class Messages {
  readonly #byId = new Map<string, StoredMessage>();
  readonly #byNumber = new Map<number, StoredMessage>();
  readonly #byKey = new Map<string, StoredMessage>();
  readonly #retained = new BucketQueue<StoredMessage>();
  #lastNumber = 0;

  find(id: string): StoredMessage | undefined {
    return this.#byId.get(id);
  }

  findByNumber(number: number): StoredMessage | undefined {
    return this.#byNumber.get(number);
  }

  findByKey(idempotencyKey: string): StoredMessage | undefined {
    return this.#byKey.get(idempotencyKey);
  }

  /** The one that is known by this id, or a new one, remembered until `knownUntil`. */
  keep(message: DurableMessage, knownUntil: number): StoredMessage {
    return this.#byId.get(message.id) ?? this.#add(message, knownUntil);
  }

  /** A multicast has begun with it, so it is remembered from now on. */
  begin(message: StoredMessage, record: Exclude<StoredMessage["record"], undefined>, knownUntil: number): void {
    message.record = record;
    message.isOver = false;
    if (record.idempotencyKey !== undefined) this.#byKey.set(record.idempotencyKey, message);
    this.#retained.put(message, knownUntil);
  }

  /** The next one whose retention has ended; its multicast is no longer known. */
  takeOver(now: number): StoredMessage | undefined {
    const message = this.#retained.takeUpTo(now);
    if (message === undefined) return undefined;
    const key = message.record?.idempotencyKey;
    if (key !== undefined) this.#byKey.delete(key);
    message.record = undefined;
    message.isOver = true;
    return message;
  }

  forget({ content, number }: StoredMessage): void {
    this.#byId.delete(content.id);
    this.#byNumber.delete(number);
  }

  #add(message: DurableMessage, knownUntil: number): StoredMessage {
    this.#lastNumber += 1;
    const added: StoredMessage = {
      number: this.#lastNumber,
      content: copyOf(message),
      deliveries: new Deliveries(),
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
}
