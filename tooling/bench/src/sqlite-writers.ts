/** Documents that are written into an empty file of SQLite by hand, as a contender; emptying it is not timed. */

import type { SqliteFileOptions } from "@muster/backend-sqlite";
import Database from "libsql";
import type { Sensor } from "./documents.ts";
import { TTL_MS } from "./registry-writers.ts";
import type { Contender } from "./rounds.ts";
import { identityOf } from "./store.ts";

const NAMESPACE = "bench";

const INSERTS = [
  `insert into muster_registrations (
    namespace, identity, epoch, revision, registered_at, expires_at, ttl_ms, session_bound, attempt
  ) values (?, ?, ?, 1, ?, ?, ?, 0, ?)`,
  "insert into muster_metadata (namespace, identity, document, facts) values (?, ?, ?, jsonb(?))",
] as const;

/** A connection of the benchmark's own, in its own thread, with the settings of the backend. */
export class RawConnection implements Disposable {
  readonly #database: Database.Database;

  /** To be made when the tables are there. */
  constructor({ path, synchronous = "full" }: SqliteFileOptions) {
    this.#database = new Database(path);
    // Whoever is open writes now and then, too.
    this.#database.exec(`pragma busy_timeout = 10000; pragma cache_size = -16384; pragma synchronous = ${synchronous}`);
  }

  /** But for sessions, so that whoever is open stays so. The journal is emptied, too. */
  empty(): void {
    const others = "where not (identity >= '$session/' and identity < '$session0')";
    for (const table of ["registrations", "metadata"]) this.#database.exec(`delete from muster_${table} ${others}`);
    this.#database.exec("delete from muster_counts");
    this.#database.pragma("wal_checkpoint(truncate)");
  }

  /** In one transaction, with a prepared statement for each table. */
  insert(documents: readonly Sensor[]): void {
    const [registration, metadata] = INSERTS.map((text) => this.#database.prepare(text));
    const now = Date.now();
    this.#database.exec("begin immediate");
    for (const [index, document] of documents.entries()) {
      const identity = identityOf(index);
      const json = JSON.stringify(document);
      registration?.run([NAMESPACE, identity, index, now, now + TTL_MS, TTL_MS, `attempt-${identity}`]);
      metadata?.run([NAMESPACE, identity, json, json]);
    }
    this.#database.exec("commit");
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/** As fast as rows come into both tables, and nothing is decided. */
export class RawInserts implements Contender {
  readonly name = "inserts";
  readonly #raw: RawConnection;
  readonly #documents: readonly Sensor[];

  constructor(raw: RawConnection, documents: readonly Sensor[]) {
    this.#raw = raw;
    this.#documents = documents;
  }

  prepare(): void {
    this.#raw.empty();
  }

  run(): number {
    this.#raw.insert(this.#documents);
    return this.#documents.length;
  }
}
