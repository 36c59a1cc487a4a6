/** One multicast on its way into the caller's transaction. */

import { setTimeout as delay } from "node:timers/promises";
import type { MulticastStart, OutboxTarget, Recorded } from "@muster/core/slots";
import type { Parameter } from "../client.ts";
import { type Row, textArray } from "../codec.ts";
import { checks } from "../queues/arguments.ts";
import { contentsOf } from "../queues/enqueueing.ts";
import { recordIn } from "../queues/tracking.ts";
import { invalid } from "./arguments.ts";
import type { Ledger } from "./ledger.ts";
import { cancelMarked, newMark } from "./mark.ts";
import { columnsOf, packed, type Packed, Packing, sizeOf, targetsOf } from "./packing.ts";
import { Savepoint } from "./savepoint.ts";

/** From when it has been given up until it rejects, at most. */
const PATIENCE_MS = 1_000;

type Pages = AsyncIterable<readonly OutboxTarget[]>;

/** It can be given up at any time until it stands: then it takes back what it has written, and rejects. */
export class Recording {
  readonly #ledger: Ledger;
  readonly #savepoint: Savepoint;
  readonly #mark: string = newMark();
  readonly #abandoned: Promise<never>;
  #abandon: ((error: Error) => void) | undefined;
  #isAbandoned = false;

  /** @throws INVALID_ARGUMENT: it is no transaction. */
  constructor(ledger: Ledger, transaction: unknown) {
    this.#ledger = ledger;
    this.#savepoint = Savepoint.in(transaction);
    this.#abandoned = new Promise((_, reject) => {
      this.#abandon = reject;
    });
    this.#abandoned.catch(() => undefined); // Mostly nobody gives it up.
  }

  /** Begins when `turn` is over. @throws the contract's codes for `record` */
  async run(start: MulticastStart, pages: Pages, turn: Promise<unknown> | undefined): Promise<Recorded> {
    checks.checkMessage(start.message, "record");
    checks.checkTtl(start.ttlMs, "record");
    checks.checkIdempotencyKey(start.idempotencyKey, "record");
    if (turn !== undefined) await this.#unlessAbandoned(turn);
    try {
      await this.#unlessAbandoned(this.#savepoint.set());
      const recorded = await this.#write(start, pages);
      await this.#savepoint.release();
      return recorded;
    } catch (error) {
      // A server that says nothing must not hold up whoever has given up. What he asks it later comes behind this anyway.
      if (this.#isAbandoned) await Promise.race([this.#interrupt(), delay(PATIENCE_MS, undefined, { ref: false })]);
      const undone = this.#savepoint.undo();
      if (!this.#isAbandoned) await undone;
      throw error;
    }
  }

  /** What it rejects with. */
  abandon(error: Error): void {
    this.#isAbandoned = true;
    this.#abandon?.(error);
  }

  /** What is under way is ended, for it may wait for somebody else; then all of it is taken back. */
  async #interrupt(): Promise<void> {
    const { underWay } = this.#savepoint;
    if (underWay !== undefined) await cancelMarked(this.#ledger, this.#mark, PATIENCE_MS).catch(() => undefined);
    await underWay;
    await this.#savepoint.undo();
  }

  async #write(start: MulticastStart, pages: Pages): Promise<Recorded> {
    const packing = new Packing();
    let begun: Begun | undefined;
    let targetCount = 0;
    for await (const page of this.#awaited(pages)) {
      packing.add(page);
      if (!packing.isFull) continue;
      const parcels = await this.#withoutRepeated(packing.takeFull(), packing, begun);
      targetCount += sizeOf(parcels);
      if (begun !== undefined) await this.#extend(begun, parcels, undefined);
      else begun = await this.#begin(start, parcels, false);
      if (begun.standing !== undefined) return begun.standing;
    }
    const parcels = await this.#withoutRepeated(packing.takeAll(), packing, begun);
    targetCount += sizeOf(parcels);
    if (begun !== undefined) await this.#extend(begun, parcels, targetCount);
    else begun = await this.#begin(start, parcels, true);
    const record = { ...start, state: "complete", startedAt: begun.startedAt } as const;
    return begun.standing ?? { isNew: true, record, targetCount };
  }

  async #begin(start: MulticastStart, parcels: readonly Packed[], isWhole: boolean): Promise<Begun> {
    const { namespace, keepMs, channel, sql } = this.#ledger;
    const { message, idempotencyKey, digest, filter, ttlMs } = start;
    const values = [
      ...[namespace, ...contentsOf(message), idempotencyKey, digest, filter ?? undefined, Math.ceil(ttlMs), keepMs],
      ...[sizeOf(parcels), isWhole ? "t" : "f", channel, ...columnsOf(parcels)],
    ];
    for (;;) {
      const answer = await this.#ask(this.#mark + sql.record(parcels.length), values);
      if (answer === undefined) throw invalid("record", "it is a transaction in another database than the outbox's");
      const [multicast, isNew, startedAt] = JSON.parse(answer) as [number, boolean, number]; // As the statement answers.
      if (isNew) return { multicast, startedAt, standing: undefined };
      const row = await this.#ask(sql.standing, [multicast]);
      // What has gone over its retention between the two is nobody's any more.
      if (row !== undefined) return { multicast, startedAt, standing: recordedIn(JSON.parse(row) as Row) };
    }
  }

  async #extend({ multicast }: Begun, parcels: readonly Packed[], targets: number | undefined): Promise<void> {
    await this.#ask(this.#ledger.sql.extend(parcels.length), [multicast, targets, ...columnsOf(parcels)]);
  }

  /** Costs nothing while recipients come in order, as they do from a registry. */
  async #withoutRepeated(
    parcels: readonly Packed[],
    { isInOrder }: Packing,
    begun: Begun | undefined,
  ): Promise<readonly Packed[]> {
    if (isInOrder) return parcels;
    const known = new Set<string>();
    if (begun !== undefined) {
      const identities = parcels.flatMap((parcel) => parcel.identities);
      const answer = await this.#ask(this.#ledger.sql.recorded, [begun.multicast, textArray(identities)]);
      for (const identity of JSON.parse(answer ?? "[]") as readonly string[]) known.add(identity);
    }
    const isNew = ({ identity }: OutboxTarget): boolean => known.size < known.add(identity).size;
    return parcels
      .map((parcel) => packed(parcel.shard, targetsOf(parcel).filter(isNew)))
      .filter(({ identities }) => identities.length > 0);
  }

  async *#awaited(pages: Pages): AsyncGenerator<readonly OutboxTarget[], void, undefined> {
    const iterator = pages[Symbol.asyncIterator]();
    let isOver = false;
    try {
      while (true) {
        const next = await this.#unlessAbandoned(iterator.next());
        isOver = next.done === true;
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      const ended = isOver ? undefined : iterator.return?.();
      // What hangs in its next page hangs here, too.
      if (this.#isAbandoned) ended?.catch(() => undefined);
      else await ended;
    }
  }

  async #ask(text: string, values: readonly Parameter[]): Promise<string | undefined> {
    return this.#unlessAbandoned(this.#savepoint.ask(text, values));
  }

  async #unlessAbandoned<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([this.#abandoned, promise]);
  }
}

/** The first row of a multicast is there, or was before. */
interface Begun {
  readonly multicast: number;
  readonly startedAt: number;
  /** What was there before. */
  readonly standing: Recorded | undefined;
}

function recordedIn(row: Row): Recorded {
  return { isNew: false, record: recordIn(row), targetCount: Number(row[12]) };
}
