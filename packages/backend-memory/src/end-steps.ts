/** When each record is due for a step of its end, and who may carry it out. */

import { OrderedList, type ReapStep } from "@muster/core/slots";
import type { StoredRecord } from "./stored-record.ts";

export interface StepClaim {
  readonly record: StoredRecord;
  readonly step: ReapStep;
}

type Queue = OrderedList<StoredRecord>;

/** Every record waits in one queue or in none, and `dueAt` says until when. */
export class EndSteps {
  /** For the step `expired`, from `expiresAt` on; sessions wait apart, so that the rest can be counted. */
  readonly #expiring: Queue = byDueTime();
  readonly #expiringSessions: Queue = byDueTime();
  /** Tombstones: for the step `over`, a grace after the time they were buried. */
  readonly #graves: Queue = byDueTime();
  /** For the confirmation of a step, until the claim on it lapses. */
  readonly #claimed: Queue = byDueTime();

  /** Voids any claim on the record. `undefined`: it doesn't end by itself. */
  expireAt(record: StoredRecord, expiresAt: number | undefined): void {
    if (expiresAt === undefined) this.clear(record);
    else this.#await(record, expiresAt);
  }

  /** The step `expired` has been confirmed; `over` comes next. */
  buryAt(record: StoredRecord, now: number): void {
    this.#await(record, now);
  }

  clear(record: StoredRecord): void {
    record.queue?.delete(record);
    record.queue = undefined;
  }

  claim(
    now: number,
    options: { readonly limit: number; readonly claimMs: number; readonly graceMs: number },
  ): readonly StepClaim[] {
    this.#returnLapsedClaims(now);
    const claims: StepClaim[] = [];
    while (claims.length < options.limit) {
      const claim = this.#oldest(now, options.graceMs);
      if (claim === undefined) break;
      enqueue(claim.record, this.#claimed, now + options.claimMs);
      claims.push(claim);
    }
    return claims;
  }

  /** Registrations that have expired and are not yet buried, claimed or not. Looks only at those that are claimed. */
  countExpired(now: number): number {
    let count = this.#expiring.rank(({ dueAt }) => dueAt <= now);
    for (const piece of this.#claimed.pieces(() => false)) {
      for (const { stage, isSession } of piece) if (stage === "standing" && !isSession) count += 1;
    }
    return count;
  }

  #oldest(now: number, graceMs: number): StepClaim | undefined {
    const expired = earlier(this.#expiring.first, this.#expiringSessions.first);
    const buried = this.#graves.first;
    const expiredAt = expired?.endsAt ?? Number.POSITIVE_INFINITY;
    const overAt = (buried?.endsAt ?? Number.POSITIVE_INFINITY) + graceMs;
    if (expired !== undefined && expiredAt <= now && expiredAt <= overAt) return { record: expired, step: "expired" };
    return buried !== undefined && overAt <= now ? { record: buried, step: "over" } : undefined;
  }

  #returnLapsedClaims(now: number): void {
    for (let record = this.#claimed.first; record !== undefined && record.dueAt <= now; record = this.#claimed.first)
      this.#await(record, record.endsAt);
  }

  /** Its next step is due from `endsAt` on. */
  #await(record: StoredRecord, endsAt: number): void {
    record.endsAt = endsAt;
    enqueue(record, this.#queueOf(record), endsAt);
  }

  #queueOf({ stage, isSession }: StoredRecord): Queue {
    if (stage === "tombstone") return this.#graves;
    return isSession ? this.#expiringSessions : this.#expiring;
  }
}

function byDueTime(): Queue {
  return new OrderedList((a, b) => a.dueAt - b.dueAt || a.firstEpoch - b.firstEpoch);
}

function enqueue(record: StoredRecord, queue: Queue, dueAt: number): void {
  record.queue?.delete(record);
  record.queue = queue;
  record.dueAt = dueAt;
  queue.add(record);
}

function earlier(a: StoredRecord | undefined, b: StoredRecord | undefined): StoredRecord | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.dueAt < a.dueAt ? b : a;
}
