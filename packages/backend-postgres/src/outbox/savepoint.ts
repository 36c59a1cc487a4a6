/** What is written in somebody else's transaction, and can be taken back without harm to it. */

import { isMusterError, MusterError } from "@muster/core/slots";
import type { Parameter } from "../client.ts";
import { NAME, postgresError } from "../errors.ts";
import type { PostgresTransaction } from "../queues/handling.ts";
import { invalid } from "./arguments.ts";

const SOURCE = `${NAME}.record`;
const NAME_OF_IT = "muster_record";

/**
 * A connection carries out statements in the order in which they were asked for. So what is taken back is taken back before
 * anything that is asked for later, though nobody waits for it.
 */
export class Savepoint {
  readonly #transaction: PostgresTransaction;
  #stands = false;
  #underWay: Promise<unknown> | undefined;

  private constructor(transaction: PostgresTransaction) {
    this.#transaction = transaction;
  }

  /** @throws INVALID_ARGUMENT: it is no transaction, or was one. */
  static in(transaction: unknown): Savepoint {
    if (isTransaction(transaction)) return new Savepoint(transaction);
    throw invalid("record", "it takes a client of pg in a transaction, or the transaction of a handler; no Pool");
  }

  /** @throws as {@link ask}; INVALID_ARGUMENT: no transaction is open, or a statement of it has failed. */
  async set(): Promise<void> {
    this.#stands = true;
    try {
      await this.ask(`savepoint ${NAME_OF_IT}`);
    } catch (error) {
      this.#stands = false;
      const isClosed = isMusterError(error) && error.message.includes("is not queryable");
      throw isClosed ? invalid("record", "the connection of the transaction has been closed") : error;
    }
  }

  /** The statement that is under way; it never rejects. */
  get underWay(): Promise<unknown> | undefined {
    return this.#underWay;
  }

  /** The first row's `answer`. @throws what the server says, and UNAVAILABLE: the connection is lost; nothing was committed. */
  async ask(text: string, values: readonly Parameter[] = []): Promise<string | undefined> {
    const asking = this.#send(text, values);
    const underWay = asking.then(
      () => undefined,
      () => undefined,
    );
    this.#underWay = underWay;
    try {
      return await asking;
    } finally {
      if (this.#underWay === underWay) this.#underWay = undefined;
    }
  }

  /** What was written behind it is as much a part of the transaction as everything else: from now on it is not taken back. */
  async release(): Promise<void> {
    this.#stands = false;
    await this.ask(`release savepoint ${NAME_OF_IT}`);
  }

  /** Nothing stands that was written behind it. Where the connection is lost, nothing does anyway. */
  async undo(): Promise<void> {
    if (!this.#stands) return;
    this.#stands = false;
    await this.ask(`rollback to savepoint ${NAME_OF_IT}; release savepoint ${NAME_OF_IT}`).catch(() => undefined);
  }

  async #send(text: string, values: readonly Parameter[]): Promise<string | undefined> {
    try {
      const { rows } = await this.#transaction.query(text, [...values]);
      const answer = rows?.[0]?.["answer"]; // There are none of several statements.
      return typeof answer === "string" ? answer : undefined;
    } catch (error) {
      throw errorOf(error);
    }
  }
}

function isTransaction(value: unknown): value is PostgresTransaction {
  if (typeof value !== "object" || value === null || !("query" in value)) return false;
  // A pool would carry out each statement on another connection.
  return typeof value.query === "function" && !("totalCount" in value);
}

function errorOf(error: unknown): MusterError {
  if (isMusterError(error, "CLOSED")) return invalid("record", "the transaction is over");
  const coded = postgresError(error, SOURCE);
  if (!coded.mayHaveApplied) return coded;
  const code = coded.code === "INTERNAL" ? "INTERNAL" : "UNAVAILABLE";
  return new MusterError({ code, source: SOURCE, message: `the transaction is lost (${coded.message})`, cause: error });
}
