/** Reads the registrations a query selects, page by page, while others write. */

import type { Registration, ScanQuery } from "@muster/core/slots";
import { compareStrings, compileFilter, type Filter, needsFacts } from "@muster/filter";
import { candidates } from "./filter.ts";
import { type OrderedList, sortedArray } from "./ordered-list.ts";
import { isExpired, type Records, type StoredRecord } from "./records.ts";

/** Records looked at before others get their turn: about a millisecond of work. */
const STRIDE = 10_000;
/** Records fetched at once, however small or large the page. */
const MIN_BATCH = 256;
const MAX_BATCH = 1_024;

type Test = (registration: Registration) => boolean;

/**
 * Where one scan stands.
 *
 * With a session or a helpful index it goes through the records that could match at its start, which include everyone who
 * stays and keeps matching; else through all records. It keeps an identity and never a place in the store, and looks at
 * each record as it is when its page is made: whoever stays is met exactly once, whatever others do between two pages.
 */
export class Selection {
  readonly #source: Pick<OrderedList<StoredRecord>, "take">;
  readonly #test: Test;
  readonly #pageSize: number;
  #after: string | undefined;
  #seen = 0;

  constructor(records: Records, query: ScanQuery) {
    const listed = listRecords(records, query);
    this.#source = listed === undefined ? records.ordered : sortedArray(listed);
    this.#test = compileTest(query);
    this.#pageSize = query.pageSize;
    this.#after = query.after;
  }

  /** A good stretch of work has been done since the last pause: the event loop should run before the next. */
  get isDueToPause(): boolean {
    return this.#seen >= STRIDE;
  }

  /** Sometimes fewer than a page although there are more, even none; `undefined`: that was all. */
  next(now: number): readonly Registration[] | undefined {
    if (this.isDueToPause) this.#seen = 0;
    const page: Registration[] = [];
    const batchSize = Math.min(Math.max(this.#pageSize, MIN_BATCH), MAX_BATCH);
    while (!this.isDueToPause && page.length < this.#pageSize) {
      const after = this.#after;
      const batch = this.#source.take(({ identity }) => after !== undefined && compareStrings(identity, after) <= 0, batchSize);
      if (batch.length === 0) return page.length === 0 ? undefined : page;
      this.#collect(batch, page, now);
    }
    return page;
  }

  /** Moves on, record by record, until the page is full. */
  #collect(batch: readonly StoredRecord[], page: Registration[], now: number): void {
    const test = this.#test;
    let last: StoredRecord | undefined;
    for (const record of batch) {
      if (page.length === this.#pageSize) break;
      last = record;
      this.#seen += 1;
      const { registration } = record;
      if (record.stage === "standing" && !isExpired(registration, now) && test(registration)) page.push(registration);
    }
    if (last !== undefined) this.#after = last.identity;
  }
}

function listRecords(records: Records, { session, filter }: ScanQuery): readonly StoredRecord[] | undefined {
  if (session !== undefined) return [...records.servedBy(session)].sort((a, b) => compareStrings(a.identity, b.identity));
  return filter === undefined ? undefined : candidates(records, filter);
}

function compileTest({ session, filter }: ScanQuery): Test {
  const matches = filter === undefined ? (): boolean => true : compileFor(filter);
  return session === undefined ? matches : (registration) => registration.session === session && matches(registration);
}

function compileFor(filter: Filter): Test {
  const test = compileFilter(filter);
  if (!needsFacts(filter)) return ({ metadata }) => test(metadata);
  // No native filter asks whether a registration is attached.
  return ({ metadata, identity, registeredAt }) => test(metadata, { identity, registeredAt, attached: false });
}
