/** Three ways to write the same documents into an empty file of SQLite, as contenders; emptying it is not timed. */

import { type SqliteFileOptions, sqliteRegistry } from "@muster/backend-sqlite";
import { type Fleet, type Handle, openRegistry } from "@muster/core";
import type { RegistryBackend } from "@muster/core/slots";
import Database from "libsql";
import type { Sensor } from "./documents.ts";
import { PATIENT } from "./fleets.ts";
import type { Contender } from "./rounds.ts";
import { BATCH, CALL, entryOf, identityOf } from "./store.ts";

const TTL_MS = PATIENT.ttlMs;
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

export interface Writes {
  readonly options: SqliteFileOptions;
  readonly raw: RawConnection;
  readonly documents: readonly Sensor[];
}

/** As fast as rows come into both tables, and nothing is decided. */
export class RawInserts implements Contender {
  readonly name = "inserts";
  readonly #writes: Writes;

  constructor(writes: Writes) {
    this.#writes = writes;
  }

  prepare(): void {
    this.#writes.raw.empty();
  }

  run(): number {
    const { raw, documents } = this.#writes;
    raw.insert(documents);
    return documents.length;
  }
}

/** `setMany` of the registry slot, without core. */
export class SlotWrites implements Contender, AsyncDisposable {
  readonly name = "setMany of 1,000";
  readonly #writes: Writes;
  readonly #registry: RegistryBackend;

  private constructor(writes: Writes, registry: RegistryBackend) {
    this.#writes = writes;
    this.#registry = registry;
  }

  static async open(writes: Writes): Promise<SlotWrites> {
    const registry = sqliteRegistry(writes.options);
    await registry.open({ namespace: NAMESPACE }, CALL);
    return new SlotWrites(writes, registry);
  }

  prepare(): void {
    this.#writes.raw.empty();
  }

  async run(): Promise<number> {
    const { documents } = this.#writes;
    let written = 0;
    for (let start = 0; start < documents.length; start += BATCH) {
      const batch = documents.slice(start, start + BATCH);
      const entries = batch.map((document, at) => ({ ...entryOf(identityOf(start + at), document), ttlMs: TTL_MS }));
      const outcomes = await this.#registry.setMany(entries, CALL);
      written += outcomes.filter((outcome) => "stored" in outcome).length;
    }
    return written;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#registry.close();
  }
}

/** `fleet.register`, all at once, as users call it, in a process that has been at it for a while. */
export class FleetRegisters implements Contender, AsyncDisposable {
  readonly name = "registers";
  readonly #writes: Writes;
  readonly #fleet: Fleet;
  #handles: readonly Handle[] = [];

  private constructor(writes: Writes, fleet: Fleet) {
    this.#writes = writes;
    this.#fleet = fleet;
  }

  static async open(writes: Writes): Promise<FleetRegisters> {
    const registry = sqliteRegistry(writes.options);
    return new FleetRegisters(writes, await openRegistry({ namespace: NAMESPACE, registry, timing: PATIENT }));
  }

  async prepare(): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.unregister()));
    this.#handles = [];
    this.#writes.raw.empty();
  }

  async run(): Promise<number> {
    const { documents } = this.#writes;
    const registering = documents.map((document, index) => this.#fleet.register(identityOf(index), document));
    this.#handles = await Promise.all(registering);
    return this.#handles.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fleet.close();
  }
}
