/** Rows of one batch on their way into the tables: many in one statement, which costs a third of one for each. */

import type { Parameter, Store } from "../store/store.ts";
import type { Draft, Stamp, Terms } from "./drafts.ts";

/**
 * Whatever stood there is replaced, a tombstone and claims on it, too. `?2` is a list of identities and attempts, of lives that
 * begin one after the other, and `?3` the first one's epoch.
 */
const BEGIN_REGISTRATIONS = `insert or replace into muster_registrations (
    namespace, identity, epoch, revision, registered_at, expires_at, ttl_ms, session, session_bound, address, attempt
  ) select ?1, value ->> 0, ?3 + key, 1, ?4, ?5, ?6, ?7, ?8, ?9, value ->> 1 from json_each(?2)`;

/** The same, where everything but the namespace is each one's own. */
const WRITE_REGISTRATIONS = `insert or replace into muster_registrations (
    namespace, identity, epoch, revision, registered_at, expires_at, ttl_ms, session, session_bound, address, attempt
  ) select ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
    value ->> 8, value ->> 9
  from json_each(?2)`;

/** By how many rows they write: texts as long as these take longer to be put into JSON than to be bound. */
const WRITE_METADATA = [64, 8, 1].map((count) => ({ count, text: metadataStatement(count) }));

function metadataStatement(count: number): string {
  const rows = Array.from(
    { length: count },
    (_, row) => `(?1, ?${3 * row + 2}, ?${3 * row + 3}, jsonb(?${3 * row + 4}))`,
  );
  return `insert or replace into muster_metadata (namespace, identity, document, facts) values ${rows.join(", ")}`;
}

/** Lives that begin at the same time and on the same terms, with epochs that count up. */
interface Beginnings {
  readonly stamp: Stamp;
  readonly terms: Terms;
  readonly rows: (readonly [identity: string, attempt: string])[];
}

export class Writing {
  readonly #store: Store;
  readonly #namespace: string;
  #beginnings: Beginnings | undefined;
  #others: unknown[] = [];
  #metadata: string[] = [];

  constructor(store: Store, namespace: string) {
    this.#store = store;
    this.#namespace = namespace;
  }

  /** An identity occurs once until {@link flush}. */
  add(draft: Draft, stamp: Stamp): void {
    const { identity, attempt, document, facts, terms } = draft;
    const [epoch, revision, registeredAt, expiresAt] = stamp;
    this.#metadata.push(identity, document, facts);
    if (revision === 1) {
      this.#beginningsOf(stamp, terms).rows.push([identity, attempt]);
      return;
    }
    const { ttlMs, session, sessionBound, address } = terms;
    this.#others.push([
      ...[identity, epoch, revision, registeredAt, expiresAt, ttlMs, session],
      ...[sessionBound, address, attempt],
    ]);
  }

  flush(): void {
    this.#begin();
    if (this.#others.length > 0) this.#store.run(WRITE_REGISTRATIONS, [this.#namespace, JSON.stringify(this.#others)]);
    this.#others = [];
    this.#writeMetadata(this.#metadata);
    this.#metadata = [];
  }

  #beginningsOf(stamp: Stamp, terms: Terms): Beginnings {
    const known = this.#beginnings;
    if (known !== undefined && known.terms === terms && isBehind(known, stamp)) return known;
    this.#begin();
    const beginnings = { stamp, terms, rows: [] };
    this.#beginnings = beginnings;
    return beginnings;
  }

  #begin(): void {
    if (this.#beginnings === undefined) return;
    const { stamp, terms, rows } = this.#beginnings;
    const [epoch, , registeredAt, expiresAt] = stamp;
    const { ttlMs, session, sessionBound, address } = terms;
    const ofAll = [epoch, registeredAt, expiresAt ?? undefined, ttlMs, session, sessionBound, address];
    this.#store.run(BEGIN_REGISTRATIONS, [this.#namespace, JSON.stringify(rows), ...ofAll]);
    this.#beginnings = undefined;
  }

  /** Three texts for each row. */
  #writeMetadata(texts: readonly string[]): void {
    let at = 0;
    for (const { count, text } of WRITE_METADATA) {
      for (; texts.length - at >= 3 * count; at += 3 * count) {
        const values: Parameter[] = [this.#namespace];
        for (let index = at; index < at + 3 * count; index += 1) values.push(texts[index]);
        this.#store.run(text, values);
      }
    }
  }
}

function isBehind(
  { stamp: [first, , beganAt, until], rows }: Beginnings,
  [epoch, , registeredAt, expiresAt]: Stamp,
): boolean {
  return epoch === first + rows.length && registeredAt === beganAt && expiresAt === until;
}
