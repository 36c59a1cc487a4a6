/** Reads the registrations a query selects, page by page, while others write. */

import { partition, type Registration, type ScanQuery } from "@muster/core/slots";
import { compareStrings, compileFilter, type Facts, type FilterTest, needsFacts } from "@muster/filter";
import { isExpired } from "./expiry.ts";
import { candidates, isWorthListing } from "./filter.ts";
import type { Records } from "./records.ts";

/** Registrations looked at before others get their turn: about a millisecond of work. */
const STRIDE = 10_000;
/** Listed registrations looked up at once. */
const BATCH = 256;

/** Standing registrations behind an identity, in order, as they are now, to be read before anything else happens. */
type Source = (after: string | undefined) => Iterable<readonly Registration[]>;

/**
 * Where one scan stands.
 *
 * With a small session or a helpful index it goes through the identities that could match at its start, which include everyone
 * who stays and keeps matching; else through all. It keeps an identity and never a place in the store, and looks at each
 * registration as it is when its page is made: whoever stays is met exactly once, whatever others do between two pages.
 */
export class Selection {
  readonly #source: Source;
  readonly #session: string | undefined;
  readonly #test: FilterTest | undefined;
  readonly #needsFacts: boolean;
  readonly #pageSize: number;
  #after: string | undefined;
  #seen = 0;
  #isDone = false;

  constructor(records: Records, query: ScanQuery) {
    const listed = listIdentities(records, query);
    this.#source = listed === undefined ? all(records) : only(records, listed);
    this.#session = query.session;
    this.#test = query.filter && compileFilter(query.filter);
    this.#needsFacts = query.filter !== undefined && needsFacts(query.filter);
    this.#pageSize = query.pageSize;
    this.#after = query.after;
  }

  /** A good stretch of work has been done since the last pause: the event loop should run before the next. */
  get isDueToPause(): boolean {
    return this.#seen >= STRIDE;
  }

  /** Sometimes fewer than a page although there are more, even none; `undefined`: that was all. */
  next(now: number): readonly Registration[] | undefined {
    if (this.#isDone) return undefined;
    if (this.isDueToPause) this.#seen = 0;
    const page: Registration[] = [];
    for (const batch of this.#source(this.#after)) {
      this.#collect(batch, page, now);
      if (page.length === this.#pageSize || this.isDueToPause) return page;
    }
    this.#isDone = true;
    return page;
  }

  /** Moves on, registration by registration, until the page is full. */
  #collect(batch: readonly Registration[], page: Registration[], now: number): void {
    const isAnyone = this.#test === undefined && this.#session === undefined;
    const seen = isAnyone ? takeLive(batch, page, this.#pageSize, now) : this.#takeSelected(batch, page, now);
    this.#seen += seen;
    this.#after = batch[seen - 1]?.identity ?? this.#after;
  }

  #takeSelected(batch: readonly Registration[], page: Registration[], now: number): number {
    const [test, session, pageSize, isFactual] = [this.#test, this.#session, this.#pageSize, this.#needsFacts];
    let seen = 0;
    for (const registration of batch) {
      if (page.length === pageSize) break;
      seen += 1;
      if (isExpired(registration, now) || (session !== undefined && registration.session !== session)) continue;
      const facts = isFactual ? factsOf(registration) : undefined;
      if (test === undefined || test(registration.metadata, facts)) page.push(registration);
    }
    return seen;
  }
}

/**
 * How many of `batch` it has looked at until the page was full. It knows nothing of the selection, for what an engine has
 * compiled for objects that are gone it compiles anew, and every multicast to everyone begins with this loop.
 */
function takeLive(batch: readonly Registration[], page: Registration[], pageSize: number, now: number): number {
  let seen = 0;
  for (const registration of batch) {
    if (page.length === pageSize) break;
    seen += 1;
    if (!isExpired(registration, now)) page.push(registration);
  }
  return seen;
}

function all({ ordered }: Records): Source {
  return (after) => ordered.pieces(({ identity }) => isPassed(identity, after));
}

function only(records: Records, identities: readonly string[]): Source {
  return function* lookUp(after): Generator<readonly Registration[], void, undefined> {
    const start = partition(identities, (identity) => isPassed(identity, after));
    for (let from = start; from < identities.length; from += BATCH) {
      yield identities.slice(from, from + BATCH).flatMap((identity) => records.standing(identity) ?? []);
    }
  };
}

function isPassed(identity: string, after: string | undefined): boolean {
  return after !== undefined && compareStrings(identity, after) <= 0;
}

function listIdentities(records: Records, { session, filter }: ScanQuery): readonly string[] | undefined {
  if (session === undefined) return filter === undefined ? undefined : candidates(records, filter);
  const served = records.servedBy(session);
  return isWorthListing(records, served.size) ? [...served].sort(compareStrings) : undefined;
}

/** No native filter asks whether a registration is attached. */
function factsOf({ identity, registeredAt }: Registration): Facts {
  return { identity, registeredAt, attached: false };
}
