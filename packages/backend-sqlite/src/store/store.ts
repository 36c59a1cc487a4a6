/**
 * One connection to one file, as operations see it. It knows nothing of threads.
 *
 * The driver binds every number as a double, which a column of type `integer` takes as the whole number that it is; it
 * aborts the process over a boolean, and stops reading a text at a NUL.
 */

import type Database from "libsql";

export type Parameter = string | number | boolean | Uint8Array | undefined;
/** In the order of the columns. Whole numbers are exact up to 2^53. */
export type Row = readonly (string | number | Uint8Array | null)[];

/** What statements of others take and give: bigints are whole numbers, whatever the column. */
export type Foreign = string | number | bigint | Uint8Array | null;

export interface ForeignResult {
  readonly rows: readonly Readonly<Record<string, Foreign>>[];
  readonly changes: number;
}

type Statement = ReturnType<Database.Database["prepare"]>;

/** Statements of filters differ; the ones that have not been asked for the longest go first. */
const MAX_STATEMENTS = 256;

export class Store {
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Statement>();
  #now = 0;

  constructor(database: Database.Database) {
    this.#database = database;
  }

  /** The store's clock in epoch ms: that of the machine, though it never goes back while the connection lasts. */
  now(): number {
    this.#now = Math.max(this.#now, Date.now());
    return this.#now;
  }

  get isInTransaction(): boolean {
    return this.#database.inTransaction;
  }

  all(text: string, values: readonly Parameter[] = []): readonly Row[] {
    return this.#prepared(text).all(bound(values)) as readonly Row[]; // As raw mode gives them.
  }

  /** The first row. */
  get(text: string, values: readonly Parameter[] = []): Row | undefined {
    return this.#prepared(text).get(bound(values)) as Row | undefined; // As raw mode gives it.
  }

  /** How many rows it has changed. */
  run(text: string, values: readonly Parameter[] = []): number {
    return this.#prepared(text).run(bound(values)).changes;
  }

  /** A statement of somebody else. Whole numbers that no `number` holds exactly come as bigints. */
  foreign(text: string, values: readonly Foreign[]): ForeignResult {
    const statement = this.#database.prepare(text).safeIntegers();
    if (!statement.reader) return { rows: [], changes: statement.run([...values]).changes };
    const before = this.#changes();
    const rows = statement.all([...values]) as readonly Readonly<Record<string, unknown>>[]; // As the driver gives them.
    return { rows: rows.map(foreignRow), changes: this.#changes() - before };
  }

  /** Any number of statements, which take and give nothing. */
  execute(text: string): void {
    this.#database.exec(text);
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #changes(): number {
    return Number(this.get("select total_changes()")?.[0]);
  }

  #prepared(text: string): Statement {
    const known = this.#statements.get(text);
    const statement = known ?? this.#database.prepare(text);
    if (known === undefined && statement.reader) statement.raw();
    if (known !== undefined) this.#statements.delete(text);
    else if (this.#statements.size >= MAX_STATEMENTS) this.#forgetOne();
    this.#statements.set(text, statement);
    return statement;
  }

  #forgetOne(): void {
    for (const text of this.#statements.keys()) {
      this.#statements.delete(text);
      return;
    }
  }
}

function bound(values: readonly Parameter[]): unknown[] {
  return values.map((value) => (typeof value === "boolean" ? Number(value) : (value ?? null)));
}

function foreignRow(row: Readonly<Record<string, unknown>>): Readonly<Record<string, Foreign>> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, foreignValue(value)]));
}

function foreignValue(value: unknown): Foreign {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value instanceof ArrayBuffer || value instanceof Uint8Array) return new Uint8Array(value);
  return value as Foreign; // As the driver gives it.
}
