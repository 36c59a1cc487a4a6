/**
 * A queue in a file as one writes it by hand, without a thread: a payload, a row for each recipient, and a loop that takes the
 * oldest ones.
 *
 * Its rows are those of `muster_queue`, with the index in which a row waits for its worker. What is left out is all that
 * Muster does beyond them: asking who is attached, finding repetitions, leases, and a note of what became of each delivery.
 * Whoever takes rows here deletes them in the same transaction, which acknowledges them.
 */

import Database from "libsql";
import { PAYLOAD } from "../fleets.ts";
import type { Contender } from "../rounds.ts";
import { BATCH, identityOf } from "../store.ts";

const TABLES = `
  pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -16384;
  create table messages (message integer primary key, payload blob not null) strict;
  create table queue (
    space integer not null, identity text not null, seq integer not null, message integer not null, epoch integer not null,
    expires_at integer not null, attempts integer not null, lease integer not null, term integer, ended_as text, due integer,
    lane integer, primary key (space, identity, seq)
  ) strict, without rowid;
  create index lane on queue (lane, seq) where lane is not null;`;
const ENQUEUE = `insert into queue (space, identity, seq, message, epoch, expires_at, attempts, lease, lane)
  select 1, value ->> 0, ?1, ?1, value ->> 1, ?2, 0, 0, 1 from json_each(?3)`;
const TAKE = `delete from queue where (space, identity, seq) in (
  select space, identity, seq from queue where lane = 1 order by seq limit ${BATCH}) returning identity, seq, message, epoch`;
const TTL_MS = 86_400_000;

export class FileQueue implements Disposable {
  readonly #database: Database.Database;
  readonly #pages: readonly string[];

  constructor(path: string, size: number) {
    this.#database = new Database(path);
    this.#database.exec(TABLES);
    const targets = Array.from({ length: size }, (_, index) => [identityOf(index), index]);
    this.#pages = Array.from({ length: Math.ceil(size / BATCH) }, (_, page) =>
      JSON.stringify(targets.slice(page * BATCH, (page + 1) * BATCH)),
    );
  }

  /** The payload once, and a statement and a transaction for a thousand rows. */
  get enqueuing(): Contender {
    return { name: "inserts by hand", prepare: async () => this.#empty(), run: async () => this.#enqueue() };
  }

  /** A thousand rows at a time. */
  get draining(): Contender {
    return { name: "a loop by hand", prepare: async () => this.#fill(), run: async () => this.#drain() };
  }

  #empty(): void {
    this.#database.exec("delete from messages; delete from queue");
    this.#database.pragma("wal_checkpoint(truncate)");
  }

  #fill(): void {
    this.#empty();
    this.#enqueue();
  }

  #enqueue(): number {
    const keep = this.#database.prepare("insert into messages (payload) values (?)");
    const enqueue = this.#database.prepare(ENQUEUE);
    const { lastInsertRowid } = keep.run([Buffer.from(PAYLOAD)]);
    let count = 0;
    for (const page of this.#pages) count += enqueue.run([Number(lastInsertRowid), Date.now() + TTL_MS, page]).changes;
    return count;
  }

  #drain(): number {
    const take = this.#database.prepare(TAKE).raw();
    for (let drained = 0; ; ) {
      const rows = take.all([]);
      if (rows.length === 0) return drained;
      drained += rows.length;
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
