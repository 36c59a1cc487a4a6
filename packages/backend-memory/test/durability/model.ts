/** A durability slot that could not be simpler: one list of deliveries, looked through from end to end for every question. */

import type { DeadCode, DeadLetterKey, Settlement, Target, TrackedDelivery } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";

export const QUOTA = 4;
const EXPIRED = "nobody had handled it when its time to live was over";

export interface ModelDelivery {
  readonly id: string;
  readonly identity: string;
  epoch: number;
  /** Which call put it where it is. */
  turn: number;
  expiresAt: number;
  status: TrackedDelivery["status"];
  failure: { readonly code: DeadCode; readonly reason: string } | undefined;
  isLetter: boolean;
  attempts: number;
  leasedUntil: number;
  delayedUntil: number;
  lease: { readonly receipt: string; readonly attachment: number; settledAs?: Settlement["as"] } | undefined;
}

interface Attachment {
  readonly number: number;
  readonly epoch: number;
  /** Absent: ended. */
  readonly session?: string;
}

export class Model {
  deliveries: ModelDelivery[] = [];
  now = 0;
  readonly #attachments = new Map<string, Attachment>();
  readonly #dropped = new Map<string, number>();
  #turn = 0;
  #attached = 0;

  pass(now: number): void {
    this.now = now;
    for (const one of this.#pending(() => true)) {
      if (one.leasedUntil <= now && one.expiresAt <= now) fail(one, "EXPIRED", EXPIRED);
    }
  }

  enqueue(id: string, targets: readonly Target[], ttlMs: number): readonly string[] {
    this.#turn += 1;
    return targets.flatMap(({ identity, epoch }, index) => {
      if (this.deliveries.some((one) => one.id === id && one.identity === identity)) return [];
      if (epoch <= this.#droppedUpTo(identity)) return [`${index} UNREGISTERED`];
      if (this.#isFull(identity)) return [`${index} QUEUE_FULL`];
      const expiresAt = this.now + ttlMs;
      const fresh = { failure: undefined, isLetter: false, attempts: 0, leasedUntil: 0, delayedUntil: 0 } as const;
      const delivery = { id, identity, epoch, turn: this.#turn, expiresAt, lease: undefined, ...fresh } as const;
      this.deliveries.push({ ...delivery, status: "pending" });
      return [];
    });
  }

  attach(session: string, { identity, epoch }: Target): readonly string[] {
    const current = this.#attachments.get(identity);
    const isAttached = current?.session !== undefined;
    if (epoch <= this.#droppedUpTo(identity) || (isAttached && current.epoch > epoch)) return ["0 FENCED"];
    if (current?.session === session && current.epoch === epoch) return [];
    this.#leave(identity, "over");
    this.#attached += 1;
    this.#attachments.set(identity, { number: this.#attached, epoch, session });
    return [];
  }

  detach(session: string, identity: string): void {
    if (this.#attachments.get(identity)?.session === session) this.#leave(identity, "release");
  }

  drop({ identity, epoch }: Target): void {
    this.#dropped.set(identity, Math.max(epoch, this.#droppedUpTo(identity)));
    if ((this.#attachments.get(identity)?.epoch ?? 0) <= epoch) this.#leave(identity, "over");
    for (const one of this.#pending((other) => other.identity === identity && other.epoch <= epoch))
      die(one, "UNREGISTERED", "gone");
  }

  /** What a dequeue may hand out, oldest first. */
  due(session: string, maxPerIdentity: number): readonly ModelDelivery[] {
    const attached = [...this.#attachments].filter(([, attachment]) => attachment.session === session);
    return attached.flatMap(([identity]) => this.#dueFor(identity, maxPerIdentity)).sort((a, b) => a.turn - b.turn);
  }

  lease(one: ModelDelivery, receipt: string, leaseMs: number): number {
    const { number, epoch } = this.#attachments.get(one.identity) ?? { number: 0, epoch: 0 };
    one.attempts += 1;
    one.leasedUntil = this.now + leaseMs;
    one.lease = { receipt, attachment: number };
    return epoch;
  }

  settle({ receipt, as }: Pick<Settlement, "receipt" | "as">, delayMs: number): readonly string[] {
    const one = this.#standing(receipt);
    const settledAs = one?.lease?.settledAs;
    if (one?.lease === undefined || (settledAs ?? as) !== as) return ["0 FENCED"];
    if (settledAs === as) return [];
    if (one.status !== "pending") return ["0 FENCED"];
    one.lease.settledAs = as;
    one.leasedUntil = 0;
    if (as === "ack") one.status = "delivered";
    if (as === "dead") die(one, "REJECTED", "no");
    if (as === "release") one.attempts -= 1;
    one.delayedUntil = as === "retry" ? this.now + delayMs : 0;
    this.pass(this.now);
    return [];
  }

  extend(receipt: string, leaseMs: number): readonly string[] {
    const one = this.#standing(receipt);
    if (one?.status !== "pending" || one.leasedUntil <= this.now) return ["0 FENCED"];
    one.leasedUntil = this.now + leaseMs;
    return [];
  }

  redrive(key: DeadLetterKey, ttlMs: number): readonly string[] {
    this.#turn += 1;
    const one = this.#letter(key);
    if (one === undefined) return ["0 NOT_FOUND"];
    if (this.#isFull(one.identity)) return ["0 QUEUE_FULL"];
    const { session, epoch = 0 } = this.#attachments.get(one.identity) ?? {};
    const attached = session === undefined ? 0 : epoch;
    one.epoch = Math.max(one.epoch, attached, this.#droppedUpTo(one.identity) + 1);
    const fresh = { failure: undefined, isLetter: false, attempts: 0, leasedUntil: 0, delayedUntil: 0 } as const;
    Object.assign(one, {
      ...fresh,
      turn: this.#turn,
      expiresAt: this.now + ttlMs,
      status: "pending",
      lease: undefined,
    });
    return [];
  }

  purge(key: DeadLetterKey): readonly string[] {
    const one = this.#letter(key);
    if (one === undefined) return ["0 NOT_FOUND"];
    one.isLetter = false;
    return [];
  }

  tracked(id: string): readonly TrackedDelivery[] {
    const own = this.deliveries.filter((one) => one.id === id).sort((a, b) => compareStrings(a.identity, b.identity));
    return own.map(({ identity, status, failure, attempts }) => ({
      identity,
      status,
      attempts,
      code: failure?.code,
      reason: failure?.reason,
    }));
  }

  letters(): readonly string[] {
    const all = this.deliveries.filter(({ isLetter }) => isLetter);
    all.sort((a, b) => compareStrings(a.identity, b.identity) || compareStrings(a.id, b.id));
    return all.map(({ identity, id, failure }) => `${identity} ${id} ${failure?.code ?? ""}`);
  }

  #pending(isMeant: (one: ModelDelivery) => boolean): readonly ModelDelivery[] {
    return this.deliveries.filter((one) => one.status === "pending" && isMeant(one)).sort((a, b) => a.turn - b.turn);
  }

  #dueFor(identity: string, maxPerIdentity: number): readonly ModelDelivery[] {
    const own = this.#pending((one) => one.identity === identity);
    if (own.some(({ leasedUntil }) => leasedUntil > this.now)) return [];
    const waiting = own.findIndex(({ delayedUntil }) => delayedUntil > this.now);
    return own.slice(0, waiting < 0 ? own.length : waiting).slice(0, maxPerIdentity);
  }

  /** Whose last lease it names, if no later attachment has come. */
  #standing(receipt: string): ModelDelivery | undefined {
    const one = this.deliveries.find(({ lease }) => lease?.receipt === receipt);
    const attachment = one && this.#attachments.get(one.identity);
    return one?.status === "pending" && one.lease?.attachment !== attachment?.number ? undefined : one;
  }

  #leave(identity: string, as: "release" | "over"): void {
    const attachment = this.#attachments.get(identity);
    if (attachment?.session === undefined) return;
    const { number, epoch } = attachment;
    this.#attachments.set(identity, { number, epoch });
    for (const one of this.#pending((other) => other.identity === identity && other.leasedUntil > this.now)) {
      if (as === "release") one.attempts -= 1;
      one.leasedUntil = 0;
      if (as === "release" && one.lease !== undefined) one.lease.settledAs = "release";
    }
    this.pass(this.now);
  }

  #letter({ messageId, identity }: DeadLetterKey): ModelDelivery | undefined {
    return this.deliveries.find((one) => one.isLetter && one.id === messageId && one.identity === identity);
  }

  #isFull(identity: string): boolean {
    return this.#pending((one) => one.identity === identity).length >= QUOTA;
  }

  #droppedUpTo(identity: string): number {
    return this.#dropped.get(identity) ?? 0;
  }
}

function fail(one: ModelDelivery, code: DeadCode, reason: string): void {
  one.status = "failed";
  one.failure = { code, reason };
}

function die(one: ModelDelivery, code: DeadCode, reason: string): void {
  fail(one, code, reason);
  one.isLetter = true;
  one.leasedUntil = 0;
}
