/** When each record is due for a step of its end, and who may carry it out. */

import type { ReapStep } from "@muster/core/slots";
import { DueQueue } from "./due-queue.ts";
import type { StoredRecord } from "./stored-record.ts";

export interface StepClaim {
  readonly record: StoredRecord;
  readonly step: ReapStep;
}

/**
 * Every record is in one queue or in none: `#expiring` by `expiresAt`, `#graves` (tombstones) by the time they were
 * buried, `#claimed` by the time their claim lapses.
 */
export class EndSteps {
  readonly #expiring = new DueQueue<StoredRecord>();
  readonly #graves = new DueQueue<StoredRecord>();
  readonly #claimed = new DueQueue<StoredRecord>();

  /** Voids any claim on the record. `undefined`: it doesn't end by itself. */
  expireAt(record: StoredRecord, expiresAt: number | undefined): void {
    if (expiresAt === undefined) this.clear(record);
    else this.#enqueue(record, this.#expiring, expiresAt);
  }

  /** The step `expired` has been confirmed; `over` comes next. */
  buryAt(record: StoredRecord, now: number): void {
    this.#enqueue(record, this.#graves, now);
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
      this.clear(claim.record);
      this.#claimed.add(claim.record, now + options.claimMs);
      claim.record.queue = this.#claimed;
      claims.push(claim);
    }
    return claims;
  }

  /** Everything that has expired and is not yet buried, claimed or not. */
  *expired(now: number): Generator<StoredRecord, void, undefined> {
    yield* this.#expiring.dueBy(now);
    for (const record of this.#claimed.dueBy(Number.POSITIVE_INFINITY)) if (record.stage === "standing") yield record;
  }

  #oldest(now: number, graceMs: number): StepClaim | undefined {
    const expired = this.#expiring.first;
    const buried = this.#graves.first;
    const expiredAt = expired?.endsAt ?? Number.POSITIVE_INFINITY;
    const overAt = (buried?.endsAt ?? Number.POSITIVE_INFINITY) + graceMs;
    if (expired !== undefined && expiredAt <= now && expiredAt <= overAt) return { record: expired, step: "expired" };
    return buried !== undefined && overAt <= now ? { record: buried, step: "over" } : undefined;
  }

  #returnLapsedClaims(now: number): void {
    for (let record = this.#claimed.first; record !== undefined && record.dueAt <= now; record = this.#claimed.first) {
      this.#enqueue(record, record.stage === "standing" ? this.#expiring : this.#graves, record.endsAt);
    }
  }

  #enqueue(record: StoredRecord, queue: DueQueue<StoredRecord>, endsAt: number): void {
    record.endsAt = endsAt;
    if (record.queue === queue) {
      queue.move(record, endsAt);
      return;
    }
    this.clear(record);
    queue.add(record, endsAt);
    record.queue = queue;
  }
}
