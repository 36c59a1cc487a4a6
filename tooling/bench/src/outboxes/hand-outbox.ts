/**
 * An outbox as one writes it by hand: in the sender's transaction a row for the message, and rows that name its recipients.
 *
 * Its tables are those of `muster.outbox_multicasts` and `muster.outbox_parcels`, with their indexes, and its rows the same. What
 * is left out is all that Muster does beyond the rows: selecting whom it is for and sorting them into shards, finding an
 * idempotency key or an id that stands already, a savepoint, and waking a relay.
 */

import type { Pool } from "pg";
import { PAYLOAD } from "../fleets.ts";
import type { Contender } from "../rounds.ts";
import { identityOf } from "../store.ts";

/** As many parcels as there are shards. */
const PARCELS = 16;
const TTL_MS = 86_400_000;
const TABLES = `
create schema if not exists hand;
drop table if exists hand.outbox_multicasts, hand.outbox_parcels;
create table hand.outbox_multicasts (like muster.outbox_multicasts including all);
create table hand.outbox_parcels (like muster.outbox_parcels including all);`;
const EMPTY = "truncate hand.outbox_multicasts, hand.outbox_parcels";
const KEEP = `insert into hand.outbox_multicasts
    (space, started_at, expires_at, ttl_ms, targets, sent_at, once, id, content_type, digest, payload)
  values (1, $1::bigint, $2, $3, $4, $1::bigint, false, 'm', 'text/plain', 'd', $5) returning multicast`;
const NAME = `insert into hand.outbox_parcels
    (parcel, multicast, expires_at, space, shard, count, first, last, epochs, identities)
  select n, $1::bigint, $2::bigint, 1, n, cardinality(p.identities), p.identities[1],
    p.identities[cardinality(p.identities)], p.epochs, p.identities
  from (values ${Array.from({ length: PARCELS }, (_, n) => `(${n}, $${2 * n + 3}::text[], $${2 * n + 4}::bigint[])`).join(", ")})
    as p(n, identities, epochs)`;

export class HandOutbox {
  readonly #pool: Pool;
  readonly #size: number;
  /** By turns identities and epochs, of each parcel. */
  readonly #parcels: readonly (readonly (string | number)[])[];

  private constructor(pool: Pool, size: number) {
    this.#pool = pool;
    this.#size = size;
    this.#parcels = Array.from({ length: PARCELS }, (_, n) => {
      const indexes = Array.from({ length: size }, (_item, index) => index).filter((index) => index % PARCELS === n);
      return [indexes.map(identityOf), indexes];
    }).flat();
  }

  /** When the tables of the outbox are there. */
  static async open(pool: Pool, size: number): Promise<HandOutbox> {
    await pool.query(TABLES);
    return new HandOutbox(pool, size);
  }

  get recording(): Contender {
    return {
      name: "the same rows by hand",
      prepare: async () => void (await this.#pool.query(EMPTY)),
      run: () => this.#record(),
    };
  }

  async #record(): Promise<number> {
    const client = await this.#pool.connect();
    try {
      await client.query("begin");
      const now = Date.now();
      const kept = [now, now + TTL_MS, TTL_MS, this.#size, Buffer.from(PAYLOAD)];
      const { rows } = await client.query<{ multicast: string }>(KEEP, kept);
      await client.query(NAME, [rows[0]?.multicast, now + TTL_MS, ...this.#parcels]);
      await client.query("commit");
      return this.#size;
    } finally {
      client.release();
    }
  }
}
