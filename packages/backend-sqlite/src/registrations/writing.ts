/** Rows of one batch on their way into the tables: many in one statement, which costs half of one for each. */

import type { Store } from "../store/store.ts";
import type { Draft, Stamp } from "./drafts.ts";

/** Of JSON text, in UTF-16 code units, that is put together before it is handed over. */
const MAX_LENGTH = 4_194_304;

/** Whatever stood there is replaced: a tombstone and claims on it, too. `?2` is a list of the values that follow. */
const WRITE_REGISTRATIONS = `insert or replace into muster_registrations (
    namespace, identity, epoch, revision, registered_at, expires_at, ttl_ms, session, session_bound, address, attempt
  ) select ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
    value ->> 8, value ->> 9
  from json_each(?2)`;

const WRITE_METADATA = `insert or replace into muster_metadata (namespace, identity, document, facts)
  select ?1, value ->> 0, value ->> 1, jsonb(value ->> 2) from json_each(?2)`;

export class Writing {
  readonly #store: Store;
  readonly #namespace: string;
  #registrations: unknown[] = [];
  #metadata: unknown[] = [];
  #length = 0;

  constructor(store: Store, namespace: string) {
    this.#store = store;
    this.#namespace = namespace;
  }

  /** An identity occurs once until {@link flush}. */
  add(draft: Draft, [epoch, revision, registeredAt, expiresAt]: Stamp): void {
    const { identity, ttlMs, session, sessionBound, address, attempt, document, facts } = draft;
    this.#registrations.push([
      ...[identity, epoch, revision, registeredAt, expiresAt, ttlMs, session],
      ...[sessionBound, address, attempt],
    ]);
    this.#metadata.push([identity, document, facts]);
    this.#length += document.length + facts.length;
    if (this.#length > MAX_LENGTH) this.flush();
  }

  flush(): void {
    if (this.#registrations.length === 0) return;
    this.#store.run(WRITE_REGISTRATIONS, [this.#namespace, JSON.stringify(this.#registrations)]);
    this.#store.run(WRITE_METADATA, [this.#namespace, JSON.stringify(this.#metadata)]);
    this.#registrations = [];
    this.#metadata = [];
    this.#length = 0;
  }
}
