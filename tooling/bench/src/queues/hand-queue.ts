/** A queue as one writes it by hand: a payload, a row for each recipient, and SKIP LOCKED. */

import type { Pool } from "pg";
import { PAYLOAD } from "../fleets.ts";
import type { Contender } from "../rounds.ts";
import { BATCH, identityOf } from "../store.ts";

const TABLES = `
create schema if not exists hand;
drop table if exists hand.messages, hand.queue;
create table hand.messages (message bigint generated always as identity primary key, payload bytea not null);
create table hand.queue (message bigint not null, identity text collate "C" not null, epoch bigint not null,
  primary key (identity, message));`;
const EMPTY = "truncate hand.messages, hand.queue";
const KEEP = "insert into hand.messages (payload) values ($1) returning message";
const ENQUEUE = "insert into hand.queue select $1, * from unnest($2::text[], $3::bigint[])";
/** Nobody is named: any worker may have any row. */
const TAKE = `delete from hand.queue where (identity, message) in (
  select identity, message from hand.queue order by identity, message limit ${BATCH} for update skip locked)
  returning identity, epoch`;

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
    return { name: "one unnest by hand", prepare: () => this.#empty(), run: () => this.#enqueue() };
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
    await this.#enqueue();
  }

  async #enqueue(): Promise<number> {
    const client = await this.#pool.connect();
    try {
      await client.query("begin");
      const { rows } = await client.query<{ message: string }>(KEEP, [Buffer.from(PAYLOAD)]);
      const { rowCount } = await client.query(ENQUEUE, [rows[0]?.message, this.#identities, this.#epochs]);
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
