/** The contract's `handleOnce`: the side of the handler. */

import { isMusterError, MusterError } from "@muster/core/slots";
import type { SqliteCall, SqliteClient } from "../client.ts";
import { NAME } from "../errors.ts";
import { codedError } from "./failures.ts";
import type { HandledDelivery, QueryArgs, Verdict } from "./handled.ts";
import type { Space } from "./space.ts";
import { checkStatement, foreignValue } from "./statement.ts";

/** What a statement of a handler takes. */
export type SqliteValue = string | number | bigint | boolean | Uint8Array | null;

/** What a statement of a handler has answered. */
export interface SqliteTransactionResult {
  /** By the names of their columns. A whole number that no `number` holds exactly is a `bigint`; a blob is a `Uint8Array`. */
  readonly rows: readonly Readonly<Record<string, string | number | bigint | Uint8Array | null>>[];
  /** How many rows it has added, changed or deleted. */
  readonly changes: number;
}

/**
 * The transaction in which a handler's own writes commit together with the acknowledgement: in tables of yours in the same
 * file. It is over when the handler is: `BEGIN`, `COMMIT`, `ROLLBACK`, `ATTACH`, `VACUUM` and `PRAGMA` are refused. A savepoint
 * is for you to use.
 *
 * A file has one write lock. The transaction takes it with its first statement, so do first what else you wait for: from then
 * on until the handler ends, everyone else who writes to this file waits, in this process and in others, sessions that want
 * to be renewed among them, and so does whatever the handler itself wants to write by other ways, for ever. That is why it is
 * undone after the option `maxTransactionMs`.
 */
export interface SqliteTransaction {
  /**
   * One statement, with its values for `?`. One that fails is undone alone, and the transaction goes on.
   *
   * @throws INVALID_ARGUMENT: SQLite, or Muster, refuses it, a constraint for one; `cause` has its result code as `rawCode`.
   * UNAVAILABLE, TIMEOUT: nothing of the handler will stand. CLOSED: the handler has returned.
   */
  query(text: string, values?: readonly SqliteValue[]): Promise<SqliteTransactionResult>;
}

export interface HandlingOptions {
  readonly client: SqliteClient;
  readonly space: Space;
  readonly maxTransactionMs: number;
}

export async function handleOnce(
  { client, space, maxTransactionMs }: HandlingOptions,
  delivery: HandledDelivery,
  work: (transaction: SqliteTransaction) => Promise<void>,
  call: SqliteCall,
): Promise<"handled" | "duplicate"> {
  const args = { ...space, delivery };
  const before = await client.run("lookAtDelivery", args, call);
  if (before !== "leased") {
    if (before === "duplicate") await client.run("acknowledgeHandled", args, call);
    return outcomeOf(before, delivery, call);
  }
  const transaction = new OpenTransaction({ client, space, maxTransactionMs }, delivery, call);
  try {
    await work(transaction);
    return outcomeOf(await transaction.finish(), delivery, call);
  } catch (error) {
    // Found out by its first statement, whatever the handler made of that.
    const { refusal } = transaction;
    if (refusal === undefined) throw error;
    return outcomeOf(refusal, delivery, call);
  } finally {
    transaction.abandon();
  }
}

/** @throws FENCED */
function outcomeOf(
  verdict: Verdict,
  { identity }: HandledDelivery,
  { operation }: SqliteCall,
): "handled" | "duplicate" {
  if (verdict === "fenced") throw codedError("FENCED", operation, identity);
  return verdict === "leased" ? "handled" : "duplicate";
}

class OpenTransaction implements SqliteTransaction {
  readonly #options: HandlingOptions;
  readonly #delivery: HandledDelivery;
  readonly #call: SqliteCall;
  readonly #handling: { readonly transaction: number; readonly maxMs: number };
  readonly #running = new Set<Promise<unknown>>();
  #begun: Promise<Verdict> | undefined;
  #isOver = false;
  /** Why nothing of it can stand, where that is known: others had come between before its first statement. */
  refusal: Exclude<Verdict, "leased"> | undefined;

  constructor(options: HandlingOptions, delivery: HandledDelivery, call: SqliteCall) {
    this.#options = options;
    this.#delivery = delivery;
    this.#call = call;
    this.#handling = { transaction: options.client.newTransaction(), maxMs: options.maxTransactionMs };
  }

  async query(text: string, values: readonly SqliteValue[] = []): Promise<SqliteTransactionResult> {
    if (this.#isOver || this.#call.signal.aborted) throw closed(this.#call);
    checkStatement(text, values);
    const running = this.#query(text, values);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Takes no more statements, waits for those that a handler has left running, and acknowledges. */
  async finish(): Promise<Verdict> {
    this.#isOver = true;
    await Promise.allSettled(this.#running);
    const { client, space } = this.#options;
    const args = { ...space, delivery: this.#delivery, ...this.#handling };
    if (this.#begun === undefined) return client.run("acknowledgeHandled", args, this.#call);
    const verdict = await this.#begun;
    if (verdict === "leased") await client.run("finishHandling", args, this.#call).catch(rethrow);
    return verdict;
  }

  /** Nothing of it stands, unless it has finished. */
  abandon(): void {
    this.#isOver = true;
    this.#options.client.endTransaction(this.#handling.transaction);
  }

  async #query(text: string, values: readonly SqliteValue[]): Promise<SqliteTransactionResult> {
    const { client } = this.#options;
    const args = { text, values: values.map(foreignValue), ...this.#handling };
    if (this.#begun === undefined) return this.#begin(args);
    if ((await this.#begun) !== "leased") throw this.#fenced();
    return client.run("queryHandling", args, this.#call).catch(rethrow);
  }

  async #begin(args: QueryArgs): Promise<SqliteTransactionResult> {
    const { client, space } = this.#options;
    const beginning = client
      .run("beginHandling", { ...space, delivery: this.#delivery, ...args }, this.#call)
      .catch(rethrow);
    // A statement that fails has begun the transaction all the same.
    this.#begun = beginning.then(
      ({ verdict }) => verdict,
      (error: unknown) => {
        if (isMusterError(error, "INVALID_ARGUMENT")) return "leased";
        throw error;
      },
    );
    this.#begun.catch(() => undefined); // Told to whoever has sent the statement.
    const begun = await beginning;
    if (begun.verdict === "leased") return begun.result;
    this.refusal = begun.verdict;
    throw this.#fenced();
  }

  #fenced(): MusterError {
    return codedError("FENCED", this.#call.operation, this.#delivery.identity);
  }
}

/** SQLite's result codes for what is wrong with a statement or its values: error, constraint, mismatch, range. */
const STATEMENT_RESULTS: ReadonlySet<number> = new Set([1, 19, 20, 25]);

/** @throws INVALID_ARGUMENT: SQLite says so of the statement; otherwise what it is given */
function rethrow(error: unknown): never {
  const cause = isMusterError(error, "INTERNAL") ? error.cause : undefined;
  const rawCode = cause instanceof Error && "rawCode" in cause ? Number(cause.rawCode) : 0;
  if (!(cause instanceof Error) || !STATEMENT_RESULTS.has(rawCode & 0xff)) throw error;
  throw new MusterError({ code: "INVALID_ARGUMENT", source: `${NAME}.handleOnce`, message: cause.message, cause });
}

function closed({ operation }: SqliteCall): MusterError<"CLOSED"> {
  return new MusterError({ code: "CLOSED", source: `${NAME}.${operation}`, message: "the transaction is over" });
}
