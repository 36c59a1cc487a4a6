/** One process' way to PostgreSQL, as every slot uses it: statements over a pool of connections. */

import { abortedError, type Call, hasEnded, MusterError, offEnd, onEnd, throwIfAborted } from "@muster/core/slots";
import { type ReadRow, readerOf, type Row } from "./codec.ts";
import { MAX_CONNECTIONS, type OwnPool, ownPool } from "./connection/own-pool.ts";
import { ASK_SERVER, checkServer } from "./connection/server-facts.ts";
import { NAME, postgresError, unsentError } from "./errors.ts";
import { DEFAULT_SCHEMA, type Names, namesIn } from "./keys.ts";
import type { PostgresConnection, PostgresOptions, PostgresPool, PostgresQuery } from "./options.ts";

export interface PostgresCall extends Call {
  /** The slot's method, as it stands in the source of errors. */
  readonly operation: string;
}

/** A statement's parameters: text, binary, or null. */
export type Parameter = string | number | Buffer | undefined;

/** Runs one statement on the connection that is checked out. @throws as {@link PostgresClient.query} */
export type Run = (text: string, values?: readonly Parameter[]) => Promise<readonly Row[]>;

/**
 * Statements leave once and are never sent again. When a call ends before its answer, it rejects at once, and its connection
 * is closed: the server ends what it was doing.
 */
export interface PostgresClient {
  readonly names: Names;
  /** Whether what is missing in the database may be made. */
  readonly mayMigrate: boolean;
  /** Most connections at a time. */
  readonly maxConnections: number;
  /** As the server states it: `15.18`. Empty until it is open. */
  readonly version: string;

  /**
   * Connects, and looks at what it has connected to. When it fails nothing is left of it, and it may be opened again.
   *
   * @throws UNAVAILABLE, UNAUTHENTICATED, PERMISSION_DENIED, UNSUPPORTED, CONFIG_INVALID, TIMEOUT, ABORTED
   */
  open(call: Call): Promise<void>;
  /** At once: what is in flight rejects. A pool that was handed in stays as it is. */
  close(): Promise<void>;

  /** One statement, which is one transaction. @throws what {@link postgresError} makes of it; TIMEOUT, ABORTED */
  query(text: string, values: readonly Parameter[], call: PostgresCall): Promise<readonly Row[]>;
  /**
   * The same, with whole numbers and JSON read as each row comes, while the server still works on those behind it: all rows
   * at the end would take a page of a thousand a fifth longer. @throws as {@link query}
   */
  read(text: string, values: readonly Parameter[], call: PostgresCall): Promise<readonly ReadRow[]>;
  /**
   * A connection for as long as it is wanted, which whoever asked for it listens to and releases: one of the pool that was
   * handed in, otherwise one beside the pool.
   *
   * @throws as {@link query}
   */
  connection(call: PostgresCall): Promise<PostgresConnection>;
  /** Several on one connection, which is closed unless `work` succeeds. @throws as {@link query}, and what `work` throws */
  connected<T>(call: PostgresCall, work: (run: Run, connection: PostgresConnection) => Promise<T>): Promise<T>;
}

/** Does nothing before it is opened. */
export function postgresClient(options: PostgresOptions): PostgresClient {
  return new PooledClient(options);
}

class PooledClient implements PostgresClient {
  readonly names: Names;
  readonly mayMigrate: boolean;
  readonly maxConnections: number;
  readonly #options: PostgresOptions;
  /** Closes each connection that is checked out. */
  readonly #interrupts = new Set<() => void>();
  #pool: PostgresPool | undefined;
  #own: OwnPool | undefined;
  #version = "";

  constructor(options: PostgresOptions) {
    this.#options = options;
    this.names = namesIn(options.schemaName ?? DEFAULT_SCHEMA);
    this.mayMigrate = options.migrations !== "check";
    const most = "pool" in options ? options.pool.options?.max : options.maxConnections;
    this.maxConnections = most ?? MAX_CONNECTIONS;
  }

  get version(): string {
    return this.#version;
  }

  async open({ signal }: Call): Promise<void> {
    if ("pool" in this.#options) this.#pool = this.#options.pool;
    else this.#pool = this.#own = ownPool(this.#options);
    try {
      const [facts = []] = await this.query(ASK_SERVER, [], { signal, operation: "open" });
      this.#version = checkServer(facts);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const own = this.#own;
    this.#pool = undefined;
    this.#own = undefined;
    for (const interrupt of [...this.#interrupts]) interrupt();
    await own?.end();
  }

  async query(text: string, values: readonly Parameter[], call: PostgresCall): Promise<readonly Row[]> {
    return this.#checkedOut(call, async (run) => run(text, values), isStatementError);
  }

  async read(text: string, values: readonly Parameter[], call: PostgresCall): Promise<readonly ReadRow[]> {
    const source = `${NAME}.${call.operation}`;
    const work = async (_: Run, connection: PostgresConnection): Promise<readonly ReadRow[]> =>
      sent(connection, { text, values: [...values], types: READ }, source);
    return this.#checkedOut(call, work, isStatementError);
  }

  async connection(call: PostgresCall): Promise<PostgresConnection> {
    return this.#connection(call, async (pool) => this.#own?.connectBeside() ?? pool.connect());
  }

  async connected<T>(call: PostgresCall, work: (run: Run, connection: PostgresConnection) => Promise<T>): Promise<T> {
    return this.#checkedOut(call, work, () => false); // A transaction may be open, or a lock held.
  }

  async #checkedOut<T>(
    call: PostgresCall,
    work: (run: Run, connection: PostgresConnection) => Promise<T>,
    isHarmless: (error: unknown) => boolean,
  ): Promise<T> {
    const source = `${NAME}.${call.operation}`;
    const connection = await this.#connection(call, async (pool) => pool.connect());
    const checkout = new Checkout(connection);
    const interrupt = (): void => checkout.end(true);
    this.#interrupts.add(interrupt);
    onEnd(call, interrupt);
    try {
      const result = await work(async (text, values = []) => run(connection, text, values, source), connection);
      checkout.end(false);
      return result;
    } catch (error) {
      checkout.end(!isHarmless(error));
      if (hasEnded(call)) throw abortedError(call, source, true);
      throw error;
    } finally {
      this.#interrupts.delete(interrupt);
      offEnd(call, interrupt);
    }
  }

  async #connection(
    call: PostgresCall,
    connect: (pool: PostgresPool) => Promise<PostgresConnection>,
  ): Promise<PostgresConnection> {
    const source = `${NAME}.${call.operation}`;
    throwIfAborted(call, source);
    const pool = this.#pool;
    if (pool === undefined) throw closed(source);
    const connecting = connect(pool);
    try {
      return await this.#awaited(connecting, call, source);
    } catch (error) {
      // One that comes too late, because nobody waits for it any more, goes back.
      connecting.then((connection) => connection.release()).catch(() => undefined);
      throw unsentError(error, source);
    }
  }

  /** Waits until it is there, the call ends, or all ends. */
  #awaited(connecting: Promise<PostgresConnection>, call: Call, source: string): Promise<PostgresConnection> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#interrupts.delete(onClose);
        offEnd(call, onAbort);
      };
      const fail = (error: Error): void => {
        end();
        reject(error);
      };
      const onClose = (): void => fail(closed(source));
      const onAbort = (): void => fail(abortedError(call, source));
      this.#interrupts.add(onClose);
      onEnd(call, onAbort);
      connecting.then((connection) => {
        end();
        resolve(connection);
      }, fail);
    });
  }
}

function closed(source: string): MusterError<"CLOSED"> {
  return new MusterError({ code: "CLOSED", source, message: "it is not open, or has been closed" });
}

/** A connection that is checked out, and goes back once. While it is out the pool does not listen to its errors. */
class Checkout {
  readonly #connection: PostgresConnection;
  #isOut = true;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
    connection.on("error", ignore);
  }

  end(isBroken: boolean): void {
    if (!this.#isOut) return;
    this.#isOut = false;
    this.#connection.release(isBroken);
    // What is closed may have more to say, and nobody else listens.
    if (!isBroken) this.#connection.removeListener("error", ignore);
  }
}

function ignore(): void {}

type Types = Exclude<PostgresQuery["types"], undefined>;

/** Texts stay texts. */
export const TYPES: Types = { getTypeParser: () => (value: string) => value };
const READ: Types = { getTypeParser: readerOf };

async function run(
  connection: PostgresConnection,
  text: string,
  values: readonly Parameter[],
  source: string,
): Promise<readonly Row[]> {
  const rows = await sent(connection, { text, values: [...values], types: TYPES }, source);
  return rows as readonly Row[]; // So they are with these types.
}

async function sent(connection: PostgresConnection, query: PostgresQuery, source: string): Promise<readonly ReadRow[]> {
  try {
    const { rows } = await connection.query({ ...query, rowMode: "array" });
    return rows;
  } catch (error) {
    throw postgresError(error, source);
  }
}

/** Whether the server has answered with an error and goes on; whatever else happened, the connection is not used again. */
function isStatementError(error: unknown): boolean {
  if (!(error instanceof MusterError) || error.mayHaveApplied) return false;
  const { cause } = error;
  return cause instanceof Error && "code" in cause && "severity" in cause && cause.severity === "ERROR";
}
