/** A connection that is somebody's own: statements one after the other, and an end to it when the server says nothing. */

import { MusterError } from "@muster/core/slots";
import { type Parameter, TYPES } from "../client.ts";
import type { Row } from "../codec.ts";
import { NAME, postgresError } from "../errors.ts";
import type { PostgresConnection, PostgresNotification } from "../options.ts";

/** A server that owes an answer for so long is looked for anew. */
export const SILENCE_MS = 3_000;
const WATCH_MS = 500;

export interface SessionEvents {
  onNotification(notification: PostgresNotification): void;
  /** Once; nothing more comes. */
  onLost(): void;
}

export interface StatementOptions {
  /** Prepares it, once per connection. */
  readonly name?: string;
  /** How long the server may take. Default {@link SILENCE_MS}. */
  readonly patienceMs?: number;
}

/** Statements go out in the order in which they were asked for, and reject with coded errors. */
export class Session {
  readonly #source: string;
  readonly #connection: PostgresConnection;
  readonly #events: SessionEvents;
  readonly #watching: NodeJS.Timeout;
  #turn: Promise<unknown> = Promise.resolve();
  #isEnding = false;
  /** Why it has ended. */
  #end: MusterError | undefined;
  #underWay: { readonly late: number; readonly reject: (error: MusterError) => void } | undefined;

  /** `owner`: as it stands in the source of errors. */
  constructor(owner: string, connection: PostgresConnection, events: SessionEvents) {
    this.#source = `${NAME}.${owner}`;
    this.#connection = connection;
    this.#events = events;
    connection.on("error", (error) => this.#lose(error));
    connection.on("end", () => this.#lose(new Error("Connection terminated")));
    connection.on("notification", (notification) => events.onNotification(notification));
    this.#watching = setInterval(() => this.#watch(), WATCH_MS).unref();
  }

  get isOver(): boolean {
    return this.#end !== undefined;
  }

  query(text: string, values: readonly Parameter[] = [], options: StatementOptions = {}): Promise<readonly Row[]> {
    if (this.#isEnding) return Promise.reject(this.#closed());
    const answer = this.#turn.then(async () => this.#send(text, values, options));
    this.#turn = answer.catch(() => undefined); // Told to whoever asked.
    return answer;
  }

  /** As {@link query}; whatever is asked for from now on rejects. */
  last(text: string, values: readonly Parameter[]): Promise<readonly Row[]> {
    const answer = this.query(text, values);
    this.#isEnding = true;
    return answer;
  }

  /** At once; what is under way rejects, and nobody is told. */
  close(): void {
    if (this.#end === undefined) this.#finish(this.#closed());
  }

  async #send(text: string, values: readonly Parameter[], options: StatementOptions): Promise<readonly Row[]> {
    if (this.#end !== undefined) throw this.#end;
    const { name, patienceMs = SILENCE_MS } = options;
    const query = {
      text,
      rowMode: "array",
      types: TYPES,
      ...(name && { name }),
      ...(values.length > 0 && { values: [...values] }),
    } as const;
    try {
      const { rows } = await this.#answered(this.#connection.query(query), performance.now() + patienceMs);
      return rows as unknown as readonly Row[]; // So they are with these types.
    } catch (error) {
      throw this.#end ?? postgresError(error, this.#source);
    } finally {
      this.#underWay = undefined;
    }
  }

  /** The driver leaves statements unanswered whose connection is closed by us. */
  #answered<T>(answer: Promise<T>, late: number): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#underWay = { late, reject };
      answer.then(resolve, reject);
    });
  }

  #watch(): void {
    if (this.#underWay === undefined || performance.now() < this.#underWay.late) return;
    this.#lose(new Error("the server does not answer"));
  }

  #lose(error: Error): void {
    if (this.#end !== undefined) return;
    const message = `the connection was lost (${error.message})`;
    const source = this.#source;
    this.#finish(new MusterError({ code: "UNAVAILABLE", source, message, mayHaveApplied: true, cause: error }));
    this.#events.onLost();
  }

  #finish(error: MusterError): void {
    this.#end = error;
    clearInterval(this.#watching);
    this.#connection.release(true);
    this.#underWay?.reject(error);
  }

  #closed(): MusterError<"CLOSED"> {
    return new MusterError({ code: "CLOSED", source: this.#source, message: "it has been closed" });
  }
}
