/** Handling a delivery in one transaction with its acknowledgement. */

import { hasEnded, isMusterError, MusterError } from "@muster/core/slots";
import type { PostgresCall, Run } from "../client.ts";
import { NAME } from "../errors.ts";
import type { PostgresConnection } from "../options.ts";
import { codedError } from "./failures.ts";
import { type Receipt, readReceipt } from "./receipts.ts";
import { columnsOf, placesOf, triesOf } from "./settling.ts";
import type { Space } from "./space.ts";

/** What a statement of a handler has answered. */
export interface PostgresTransactionResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** How many rows it has answered or changed, where that means something. */
  readonly rowCount: number | null;
}

/**
 * The transaction in which a handler's own writes commit together with the acknowledgement. It is over when the handler is:
 * do not end it yourself. A savepoint is for you to use.
 */
export interface PostgresTransaction {
  /**
   * One statement, on the transaction's own connection, with the types of the driver `pg`.
   *
   * @throws the driver's own errors, with their SQLSTATE as `code`. CLOSED: the handler has returned.
   */
  query(text: string, values?: readonly unknown[]): Promise<PostgresTransactionResult>;
}

export interface HandledDelivery {
  readonly messageId: string;
  readonly identity: string;
  readonly receipt: string;
}

type Ending = { readonly as: "handled" | "duplicate" | "fenced" } | { readonly as: "thrown"; readonly error: unknown };

/**
 * The contract's `handleOnce`. That the delivery is acknowledged is all that needs to be noted: both commit together.
 *
 * The handler's effects and the acknowledgement are one transaction, which ends before the connection goes back. However many
 * are called at once, they leave half of the pool to others; who waits for a turn has no connection yet.
 */
export async function handleOnce(
  space: Space,
  delivery: HandledDelivery,
  work: (transaction: PostgresTransaction) => Promise<void>,
  call: PostgresCall,
): Promise<"handled" | "duplicate"> {
  const { messageId, identity, receipt: text } = delivery;
  const receipt = readReceipt(text);
  if (receipt === undefined || receipt.identity !== identity) throw codedError("FENCED", call.operation, identity);
  using _turn = await space.turns.next(call);
  const ending = await space.client.connected(call, async (run, connection): Promise<Ending> => {
    await run("begin");
    const before = await lookBefore(space, receipt, messageId, run);
    if (before !== undefined) return rolledBack(run, { as: before });
    const thrown = await attempt(connection, work, call);
    if (thrown !== undefined) return rolledBack(run, { as: "thrown", error: thrown.error });
    const entries = [{ receipt }];
    const values = [space.number, ...columnsOf(entries), triesOf(entries), placesOf(entries)];
    const fenced = await run(space.sql.ackMany, values);
    if (fenced.length > 0) return rolledBack(run, { as: "fenced" });
    await run("commit");
    return { as: "handled" };
  });
  if (ending.as === "thrown") throw ending.error;
  if (ending.as === "fenced") throw codedError("FENCED", call.operation, identity);
  return ending.as;
}

/** Waits for whoever is handling the same. */
async function lookBefore(
  { number, sql }: Space,
  { lease, message, identity }: Receipt,
  messageId: string,
  run: Run,
): Promise<"duplicate" | "fenced" | undefined> {
  const [[verdict = null] = []] = await run(sql.beforeHandling, [number, lease, message, messageId, identity]);
  if (verdict === null) return undefined;
  return verdict === "d" ? "duplicate" : "fenced";
}

async function attempt(
  connection: PostgresConnection,
  work: (transaction: PostgresTransaction) => Promise<void>,
  call: PostgresCall,
): Promise<{ readonly error: unknown } | undefined> {
  const transaction = new OpenTransaction(connection, call);
  try {
    await work(transaction);
    return undefined;
  } catch (error) {
    return { error };
  } finally {
    await transaction.end();
  }
}

/** What has been undone is undone when this resolves; the connection is as good as before. */
async function rolledBack(run: Run, ending: Ending): Promise<Ending> {
  try {
    await run("rollback");
    return ending;
  } catch (error) {
    if (!isMusterError(error)) throw error;
    const { source } = error;
    // Nothing was committed, whatever the server has heard of it.
    throw new MusterError({
      code: "UNAVAILABLE",
      source,
      message: "the connection was lost in the transaction",
      cause: error,
    });
  }
}

class OpenTransaction implements PostgresTransaction {
  readonly #connection: PostgresConnection;
  readonly #call: PostgresCall;
  readonly #running = new Set<Promise<unknown>>();
  #isOver = false;

  constructor(connection: PostgresConnection, call: PostgresCall) {
    this.#connection = connection;
    this.#call = call;
  }

  async query(text: string, values: readonly unknown[] = []): Promise<PostgresTransactionResult> {
    if (this.#isOver || hasEnded(this.#call)) {
      const source = `${NAME}.${this.#call.operation}`;
      throw new MusterError({ code: "CLOSED", source, message: "the transaction is over" });
    }
    const running = this.#connection.query({ text, values: [...values] });
    this.#running.add(running);
    try {
      const { rows, rowCount = null } = await running;
      // Without a row mode rows are objects.
      return { rows: rows as unknown as PostgresTransactionResult["rows"], rowCount };
    } finally {
      this.#running.delete(running);
    }
  }

  /** Takes nothing more, and waits for what a handler has left running. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.allSettled(this.#running);
  }
}
