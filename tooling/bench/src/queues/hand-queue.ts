/**
 * A queue as one writes it by hand: a payload, a row for each recipient, and SKIP LOCKED.
 *
 * Its rows are those of `muster.durable_queue`: the same columns and the same four indexes, of which a row that waits for its
 * worker has an entry in two. What is left out is all that Muster does beyond the rows: asking who is attached, finding
 * repetitions, leases, and a note of what became of each delivery. Whoever takes rows here deletes them, which acknowledges
 * them; a worker that dies in between has lost nothing, because its transaction has not ended.
 */

import type { Pool } from "pg";
import { PAYLOAD } from "../fleets.ts";
import type { Contender } from "../rounds.ts";
import { BATCH, identityOf } from "../store.ts";

const TABLES = `
create schema if not exists hand;
drop table if exists hand.messages, hand.queue;
create table hand.messages (message bigint generated always as identity primary key, payload bytea not null);
create table hand.queue (
  message bigint not null, seq bigint not null, expires_at bigint not null, epoch bigint not null, lane bigint, held bigint,
  due bigint, ended bigint, space int not null, attempts int not null default 0, ended_as "char",
  identity text collate "C" not null, primary key (space, identity, message)
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.2);
create index on hand.queue (lane, seq) where lane is not null;
create index on hand.queue (space, identity, seq) where lane is null;
create index on hand.queue (lane, due) where due is not null;`;
const EMPTY = "truncate hand.messages, hand.queue";
const KEEP = "insert into hand.messages (payload) values ($1) returning message";
const enqueue = (lane: string, held: string): string => `
insert into hand.queue (message, seq, expires_at, epoch, lane, held, space, identity)
  select $1, $1, $2, t.epoch, ${lane}, ${held}, 1, t.identity from unnest($3::text[], $4::bigint[]) as t(identity, epoch)`;
/** For the worker 1, which has all of them. */
const ENQUEUE = enqueue("1", "t.epoch");
/** For whoever will have them. */
const ENQUEUE_AWAY = enqueue("null", "null");
const TAKE = `delete from hand.queue where ctid = any(array(
  select ctid from hand.queue where lane = 1 order by seq limit ${BATCH} for update skip locked))
  returning message, identity, epoch`;
const TTL_MS = 86_400_000;

export class HandQueue {
  readonly #pool: Pool;
  readonly #identities: readonly string[];
  readonly #epochs: readonly number[];

  private constructor(pool: Pool, size: number) {
    this.#pool = pool;
    this.#identities = Array.from({ length: size }, (_, index) => identityOf(index));
    this.#epochs = this.#identities.map((_, index) => index);
  }

  static async open(pool: Pool, size: number): Promise<HandQueue> {
    await pool.query(TABLES);
    return new HandQueue(pool, size);
  }

  /** The payload once and all rows by one unnest, in one transaction. */
  get enqueuing(): Contender {
    return { name: "one unnest by hand", prepare: () => this.#empty(), run: () => this.#enqueue(ENQUEUE) };
  }

  /** The same rows, but that nobody has them: what they are found by is another index, which is dearer. */
  get enqueuingAway(): Contender {
    const name = "one unnest by hand, to who is away";
    return { name, prepare: () => this.#empty(), run: () => this.#enqueue(ENQUEUE_AWAY) };
  }

  /** A thousand rows at a time, each time deleted in the transaction that takes them. */
  get draining(): Contender {
    return { name: "SKIP LOCKED by hand", prepare: () => this.#fill(), run: () => this.#drain() };
  }

  async #empty(): Promise<void> {
    await this.#pool.query(EMPTY);
  }

  async #fill(): Promise<void> {
    await this.#empty();
    await this.#enqueue(ENQUEUE);
  }

  async #enqueue(statement: string): Promise<number> {
    const client = await this.#pool.connect();
    try {
      await client.query("begin");
      const { rows } = await client.query<{ message: string }>(KEEP, [Buffer.from(PAYLOAD)]);
      const values = [rows[0]?.message, Date.now() + TTL_MS, this.#identities, this.#epochs];
      const { rowCount } = await client.query(statement, values);
      await client.query("commit");
      return rowCount ?? 0;
    } finally {
      client.release();
    }
  }

  async #drain(): Promise<number> {
    for (let drained = 0; ; ) {
      const { rowCount } = await this.#pool.query(TAKE);
      if (rowCount === 0) return drained;
      drained += rowCount ?? 0;
    }
  }
}
