/** The demo in a file: one in a folder that goes with it, or one that stays. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SqliteFile, type SqliteTransaction, sqliteFile } from "@muster/backend-sqlite";
import Database from "libsql";
import type { Ledger } from "./ledger.ts";
import { MortalStation } from "./mortal-station.ts";
import type { Options } from "./options.ts";
import { CREATE_NOTES, type FilePlace, noteInFile, openSqliteFleet, SELECT_NOTES } from "./sqlite-slots.ts";
import { FleetStation, type Noting, type Station } from "./station.ts";
import type { Store, Tower } from "./store.ts";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
/** Whoever reads does not wait for who writes, but for a moment when the file is opened. */
const PATIENCE_MS = 5_000;

/** @param path `undefined`: of a new folder */
export function openSqliteStore(path: string | undefined, { delivery }: Pick<Options, "delivery">): Store {
  if (path !== undefined) return new SqliteStore({ path, delivery }, undefined);
  const folder = mkdtempSync(join(tmpdir(), "muster-airports-"));
  return new SqliteStore({ path: join(folder, "airports.db"), delivery }, folder);
}

class SqliteStore implements Store {
  readonly title = "SQLite";
  readonly #place: FilePlace;
  /** Of this process: one thread for all that it simulates. */
  readonly #file: SqliteFile;
  readonly #folder: string | undefined;
  readonly #onSignal = (): never => {
    this.#remove();
    process.exit(130);
  };

  constructor(place: FilePlace, folder: string | undefined) {
    this.#place = place;
    this.#file = sqliteFile({ path: place.path });
    this.#folder = folder;
    for (const signal of SIGNALS) process.once(signal, this.#onSignal);
  }

  async openTower(): Promise<Tower> {
    const tower = await openSqliteFleet(this.#place, this.#file);
    this.#read((database) => database.exec(CREATE_NOTES));
    return tower;
  }

  async openStation(ledger: Ledger): Promise<Station> {
    const fleet = await openSqliteFleet(this.#place, this.#file);
    const note: Noting<SqliteTransaction> = async (what, transaction) => {
      if (transaction === undefined) ledger.record(what);
      else await noteInFile(transaction, what);
    };
    return new FleetStation(fleet, note, this.#isKept);
  }

  async openMortalStation(ledger: Ledger): Promise<MortalStation> {
    return await MortalStation.open(this.#place, ledger, this.#isKept);
  }

  async collect(messageId: string, ledger: Ledger): Promise<void> {
    const notes = this.#read((database) => database.prepare(SELECT_NOTES).all([messageId]));
    for (const { identity, text } of notes as readonly { identity: string; text: string }[]) // As selected.
      ledger.record({ identity, messageId, text });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    this.#remove();
  }

  /** What an earlier run has left in the file, when it was ended too soon, is taken over. */
  get #isKept(): boolean {
    return this.#folder === undefined;
  }

  #read<T>(work: (database: InstanceType<typeof Database>) => T): T {
    const database = new Database(this.#place.path, { timeout: PATIENCE_MS });
    try {
      return work(database);
    } finally {
      database.close();
    }
  }

  #remove(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}
