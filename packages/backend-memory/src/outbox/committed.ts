/** Everything the outbox keeps of one namespace, once it is committed. It decides nothing: the rules are in the files beside it. */

import { OrderedList, shardOf } from "@muster/core/slots";
import { BucketQueue } from "../queues/bucket-queue.ts";
import { Bells } from "./bells.ts";
import { Claims } from "./claims.ts";
import { Leases } from "./leases.ts";
import { SHARDS } from "./shards.ts";
import type { Recipient, StoredMulticast, StoredParcel } from "./stored.ts";

/** Whom one parcel holds at most. */
const MAX_TARGETS = 1_000;

export class Committed {
  readonly bells: Bells = new Bells();
  readonly claims: Claims = new Claims();
  readonly leases: Leases = new Leases();
  readonly parcels: Map<number, StoredParcel> = new Map();
  /** Of each shard, what is due. */
  readonly due: readonly OrderedList<StoredParcel>[] = Array.from(
    { length: SHARDS },
    () => new OrderedList((a, b) => a.turn - b.turn),
  );
  /** Each parcel, by when time alone will do something to it. */
  readonly agenda: BucketQueue<StoredParcel> = new BucketQueue();
  /** Multicasts of which somebody waits, by when they were recorded. */
  readonly waiting: BucketQueue<StoredMulticast> = new BucketQueue();
  /** Multicasts that have ended, by when they are forgotten. */
  readonly retained: BucketQueue<StoredMulticast> = new BucketQueue();
  readonly #byName = new Map<string, StoredMulticast>();
  #lastTurn = 0;

  find(names: readonly string[]): StoredMulticast | undefined {
    for (const name of names) {
      const multicast = this.#byName.get(name);
      if (multicast !== undefined) return multicast;
    }
    return undefined;
  }

  add(multicast: StoredMulticast, now: number): void {
    for (const name of namesOf(multicast.start)) this.#byName.set(name, multicast);
    for (const [shard, recipients] of byShard(multicast.recipients))
      for (let from = 0; from < recipients.length; from += MAX_TARGETS)
        this.#addParcel(multicast, shard, recipients.slice(from, from + MAX_TARGETS));
    if (multicast.waiting > 0) this.waiting.put(multicast, multicast.startedAt);
    else this.retained.put(multicast, now + multicast.retentionMs);
  }

  forget(multicast: StoredMulticast): void {
    for (const name of namesOf(multicast.start)) this.#byName.delete(name);
  }

  #addParcel(multicast: StoredMulticast, shard: number, recipients: readonly Recipient[]): void {
    this.#lastTurn += 1;
    const place = { bucket: undefined, previous: undefined, next: undefined };
    const parcel: StoredParcel = { turn: this.#lastTurn, shard, multicast, recipients, attempts: 0, ...place };
    this.parcels.set(parcel.turn, parcel);
    this.due[shard]?.add(parcel);
    this.agenda.put(parcel, multicast.expiresAt);
  }
}

/** What no two multicasts share. */
export function namesOf({
  message,
  idempotencyKey,
}: Pick<StoredMulticast["start"], "message" | "idempotencyKey">): readonly string[] {
  const id = idName(message.id);
  return idempotencyKey === undefined ? [id] : [id, `key ${idempotencyKey}`];
}

export function idName(id: string): string {
  return `id ${id}`;
}

function byShard(recipients: readonly Recipient[]): ReadonlyMap<number, readonly Recipient[]> {
  const shards = new Map<number, Recipient[]>();
  for (const recipient of recipients) {
    const shard = shardOf(recipient.identity, SHARDS);
    const others = shards.get(shard);
    if (others === undefined) shards.set(shard, [recipient]);
    else others.push(recipient);
  }
  return shards;
}
