/** The connection of one inbox: it is told of messages, reads them, and holds the lock that tells that somebody listens. */

import { MusterError } from "@muster/core/slots";
import { type Parameter, type PostgresCall, TYPES } from "../client.ts";
import { type Row, textArray } from "../codec.ts";
import { NAME, postgresError } from "../errors.ts";
import { quoted } from "../keys.ts";
import type { PostgresConnection } from "../options.ts";
import type { Mail } from "./mail.ts";
import { checkNoPooler } from "./pooler-check.ts";
import { randomKey } from "./random-key.ts";

const SOURCE = `${NAME}.inbox`;
/** A server that owes an answer for so long is looked for anew. */
const SILENCE_MS = 3_000;
const WATCH_MS = 500;
/** Of addresses in one statement. */
const MAX_ADDRESSES = 1_000;

/**
 * The connection is nobody else's. Planned for small tables, statements would be slow in large ones; a server whose client
 * has vanished without a word finds out within half a minute, and lets go of the lock.
 */
const SETTINGS: string = [
  "set bytea_output to hex",
  "set synchronous_commit to off",
  "set idle_session_timeout to 0",
  "set enable_seqscan to off",
  "set enable_bitmapscan to off",
  "set enable_sort to off",
  "set tcp_keepalives_idle to 10",
  "set tcp_keepalives_interval to 5",
  "set tcp_keepalives_count to 3",
].join("; ");

export interface LineEvents {
  /** There may be something to read. */
  onRing(): void;
  /** Once; nothing more comes. It may not be open yet. */
  onLost(line: Line): void;
}

/** What an inbox had, and wants to have again. */
export interface Attachment {
  readonly inbox: string | undefined;
  readonly addresses: readonly string[];
}

/** Statements go out one after the other, in the order in which they were asked for. They reject with coded errors. */
export class Line {
  readonly #mail: Mail;
  readonly #connection: PostgresConnection;
  readonly #events: LineEvents;
  readonly #watching: NodeJS.Timeout;
  #inbox = "";
  #isDetached = false;
  #turn: Promise<unknown> = Promise.resolve();
  /** When the statement under way was sent. */
  #sentAt: number | undefined;
  #end: MusterError | undefined;
  /** Rejects the statement under way. */
  #interrupt: ((error: MusterError) => void) | undefined;

  /** Connects and attaches. @throws what statements throw; UNSUPPORTED: through a pooler that gives no sessions. */
  static async open(mail: Mail, attachment: Attachment, events: LineEvents, call: PostgresCall): Promise<Line> {
    const line = new Line(mail, await mail.client.connection(call), events);
    const onAbort = (): void => line.close();
    call.signal.addEventListener("abort", onAbort, { once: true });
    try {
      if (call.signal.aborted) line.close();
      await line.#attach(attachment, call);
      return line;
    } catch (error) {
      line.close();
      throw error;
    } finally {
      call.signal.removeEventListener("abort", onAbort);
    }
  }

  private constructor(mail: Mail, connection: PostgresConnection, events: LineEvents) {
    this.#mail = mail;
    this.#connection = connection;
    this.#events = events;
    connection.on("error", (error) => this.#lose(error));
    connection.on("end", () => this.#lose(new Error("Connection terminated")));
    connection.on("notification", ({ channel, payload = "" }) => this.#hear(channel, payload));
    this.#watching = setInterval(() => this.#watch(), WATCH_MS).unref();
  }

  /** Of the inbox in the tables; another one than before when nothing was left of that. */
  get inbox(): string {
    return this.#inbox;
  }

  get isLost(): boolean {
    return this.#end !== undefined;
  }

  async add(addresses: readonly string[]): Promise<void> {
    await this.#inParts(this.#mail.sql.add, addresses);
  }

  async remove(addresses: readonly string[]): Promise<void> {
    await this.#inParts(this.#mail.sql.remove, addresses);
  }

  /** Rows behind a position: their own, and their frames. */
  async fetch(position: string, limit: number): Promise<readonly Row[]> {
    return this.#query(this.#mail.sql.fetch, [this.#inbox, position, limit], "muster_fetch");
  }

  /** What has been read is not kept. */
  async forget(position: string): Promise<void> {
    await this.#query(this.#mail.sql.forget, [this.#inbox, position], "muster_forget");
  }

  /** Answers whether there is more to do. */
  async sweep(graceMs: number, keepMs: number, rows: number): Promise<boolean> {
    const { sql, lock, sweeping } = this.#mail;
    const [[hasMore = null] = []] = await this.#query(sql.sweep, [lock, sweeping, graceMs, keepMs, rows]);
    return hasMore === "t";
  }

  /** Nothing is left of the inbox, and whatever is asked for from now on rejects. */
  async detach(): Promise<void> {
    const { sql, namespace, lock } = this.#mail;
    const detaching = this.#query(sql.detach, [namespace, lock, this.#inbox]);
    this.#isDetached = true;
    await detaching;
  }

  /** At once; what is under way rejects, and nobody is told. */
  close(): void {
    if (this.#end !== undefined) return;
    this.#finish(closed());
  }

  async #attach({ inbox, addresses }: Attachment, call: PostgresCall): Promise<void> {
    const { sql, namespace, channel } = this.#mail;
    const [[pid = null] = []] = await this.#query("select pg_backend_pid()");
    await this.#query(`listen ${quoted(channel)}`);
    await checkNoPooler(this.#mail, this.#connection, Number(pid), call); // Before anything else is left with strangers.
    await this.#query(SETTINGS);
    const values = [namespace, inbox, randomKey(), randomKey(), textArray(addresses)];
    const [[own = null] = []] = await this.#query(sql.attach, values);
    this.#inbox = own ?? "";
  }

  async #inParts(text: string, addresses: readonly string[]): Promise<void> {
    for (let start = 0; start < addresses.length; start += MAX_ADDRESSES) {
      const part = textArray(addresses.slice(start, start + MAX_ADDRESSES));
      await this.#query(text, [this.#mail.namespace, this.#inbox, part]);
    }
  }

  #query(text: string, values: readonly Parameter[] = [], name?: string): Promise<readonly Row[]> {
    if (this.#isDetached) return Promise.reject(closed());
    const answer = this.#turn.then(async () => this.#send(text, values, name));
    this.#turn = answer.catch(() => undefined); // Told to whoever asked.
    return answer;
  }

  async #send(text: string, values: readonly Parameter[], name?: string): Promise<readonly Row[]> {
    if (this.#end !== undefined) throw this.#end;
    this.#sentAt = performance.now();
    const query = {
      text,
      rowMode: "array",
      types: TYPES,
      ...(name && { name }),
      ...(values.length > 0 && { values: [...values] }),
    } as const;
    try {
      const { rows } = await this.#answered(this.#connection.query(query));
      return rows as unknown as readonly Row[]; // So they are with these types.
    } catch (error) {
      throw this.#end ?? postgresError(error, SOURCE);
    } finally {
      this.#sentAt = undefined;
      this.#interrupt = undefined;
    }
  }

  /** The driver leaves statements unanswered whose connection is closed by us. */
  #answered<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      answer.then(resolve, reject);
    });
  }

  #hear(channel: string, payload: string): void {
    if (channel !== this.#mail.channel) return;
    if (payload === "" || ` ${payload} `.includes(` ${this.#inbox} `)) this.#events.onRing();
  }

  #watch(): void {
    if (this.#sentAt === undefined || performance.now() - this.#sentAt < SILENCE_MS) return;
    this.#lose(new Error(`no answer for ${SILENCE_MS} ms`));
  }

  #lose(error: Error): void {
    if (this.#end !== undefined) return;
    const message = `the connection was lost (${error.message})`;
    const lost = new MusterError({ code: "UNAVAILABLE", source: SOURCE, message, mayHaveApplied: true, cause: error });
    this.#finish(lost);
    this.#events.onLost(this);
  }

  #finish(error: MusterError): void {
    this.#end = error;
    clearInterval(this.#watching);
    this.#connection.release(true);
    this.#interrupt?.(error);
  }
}

function closed(): MusterError<"CLOSED"> {
  return new MusterError({ code: "CLOSED", source: SOURCE, message: "the inbox has been closed" });
}
