/** One slot's way to its file: operations that run in the file's thread. */

import { abortedError, type Call, MusterError, throwIfAborted } from "@muster/core/slots";
import { NAME, sqliteError } from "./errors.ts";
import { fileOf, type SqliteOptions } from "./options.ts";
import type { ArgsOf, ResultOf } from "./store/operation.ts";
import type { Operations } from "./store/operations.ts";
import type { Failure } from "./thread/messages.ts";
import type { SharedFile } from "./thread/shared-file.ts";
import { giveUp, newTurn } from "./thread/turn.ts";

export interface SqliteCall extends Call {
  /** The slot's method, as it stands in the source of errors. */
  readonly operation: string;
}

/** Does nothing before it is opened. @throws CONFIG_INVALID: with a violation for each option that is wrong. */
export function sqliteClient(options: SqliteOptions): SqliteClient {
  return new SqliteClient(fileOf(options));
}

export class SqliteClient {
  readonly #file: SharedFile;
  /** Reject whatever is in flight. */
  readonly #interrupts = new Set<() => void>();
  readonly #transactions = new Set<number>();
  #isOpen = false;

  constructor(file: SharedFile) {
    this.#file = file;
  }

  /**
   * Makes or brings up to date what is in the file. When it fails nothing is left of it, and it may be opened again.
   *
   * @throws CONFIG_INVALID, PERMISSION_DENIED, UNSUPPORTED, UNAVAILABLE, TIMEOUT, ABORTED, INTERNAL
   */
  async open({ signal }: Call): Promise<void> {
    this.#file.retain();
    this.#isOpen = true;
    try {
      const call = { signal, operation: "open" };
      const isMigrated = await this.run("isMigrated", undefined, call);
      if (!isMigrated) await this.run("migrate", undefined, call);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** At once: what is in flight rejects with CLOSED. Resolves when this slot holds nothing any more. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const interrupt of [...this.#interrupts]) interrupt();
    for (const transaction of [...this.#transactions]) this.endTransaction(transaction);
    await this.#file.release();
  }

  /** Names a transaction that stays open between operations; to be followed by {@link endTransaction}. */
  newTransaction(): number {
    const transaction = this.#file.newTransaction();
    this.#transactions.add(transaction);
    return transaction;
  }

  /** Undoes what has not been committed. */
  endTransaction(transaction: number): void {
    if (!this.#transactions.delete(transaction)) return;
    const nobody = { resolve: () => undefined, reject: () => undefined }; // What it could fail of has undone it.
    this.#file.ask({ name: "abandonHandling", args: { transaction, maxMs: 0 }, turn: newTurn(), ...nobody });
  }

  /**
   * Leaves once and is never sent again. When the call ends, it rejects at once: `mayHaveApplied` is false when the operation
   * had not begun, and then it never does.
   *
   * @throws what {@link sqliteError} makes of it; CLOSED, TIMEOUT, ABORTED; what the operation throws.
   */
  run<Name extends keyof Operations>(
    name: Name,
    args: ArgsOf<Operations[Name]>,
    call: SqliteCall,
  ): Promise<ResultOf<Operations[Name]>> {
    const source = `${NAME}.${call.operation}`;
    return new Promise((resolve, reject) => {
      throwIfAborted(call, source);
      if (!this.#isOpen) throw closed(source, false);
      const turn = newTurn();
      const finish = (): void => {
        forget();
        this.#interrupts.delete(onClose);
        call.signal.removeEventListener("abort", onAbort);
      };
      const fail = (error: Error): void => {
        finish();
        reject(error);
      };
      const onClose = (): void => fail(closed(source, !giveUp(turn)));
      const onAbort = (): void => fail(abortedError(call, source, !giveUp(turn)));
      const question = {
        name,
        args,
        turn,
        resolve: (value: unknown) => {
          finish();
          resolve(value as ResultOf<Operations[Name]>); // As the operation of that name gives it.
        },
        reject: (failure: Failure) => fail(sqliteError(failure, source)),
      };
      const forget = this.#file.ask(question);
      this.#interrupts.add(onClose);
      call.signal.addEventListener("abort", onAbort, { once: true });
    });
  }
}

function closed(source: string, mayHaveApplied: boolean): MusterError<"CLOSED"> {
  const message = "it is not open, or has been closed";
  return new MusterError({ code: "CLOSED", source, message, mayHaveApplied });
}
