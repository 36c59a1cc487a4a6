/** The session of one inbox: it is told of messages, reads them, and holds the lock that tells that somebody listens. */

import type { PostgresCall } from "../client.ts";
import { type Row, textArray } from "../codec.ts";
import { quoted } from "../keys.ts";
import type { PostgresConnection } from "../options.ts";
import type { Mail } from "./mail.ts";
import { checkNoPooler } from "./pooler-check.ts";
import { randomKey } from "./random-key.ts";
import { Session, SILENCE_MS } from "./session.ts";

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

/** How long it may take to attach so many addresses. */
export function attachingMs(addresses: number): number {
  return SILENCE_MS + addresses / 10;
}

export class Line {
  readonly #mail: Mail;
  readonly #connection: PostgresConnection;
  readonly #session: Session;
  #inbox = "";

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
    this.#session = new Session("inbox", connection, {
      onNotification: ({ channel, payload = "" }) => {
        if (channel === mail.channel && this.#isMeant(payload)) events.onRing();
      },
      onLost: () => events.onLost(this),
    });
  }

  /** Of the inbox in the tables; another one than before when nothing was left of that. */
  get inbox(): string {
    return this.#inbox;
  }

  get isOver(): boolean {
    return this.#session.isOver;
  }

  async add(addresses: readonly string[]): Promise<void> {
    await this.#inParts(this.#mail.sql.add, addresses);
  }

  async remove(addresses: readonly string[]): Promise<void> {
    await this.#inParts(this.#mail.sql.remove, addresses);
  }

  /** Rows behind a position: their own, and their frames. */
  async fetch(position: string, limit: number): Promise<readonly Row[]> {
    return this.#session.query(this.#mail.sql.fetch, [this.#inbox, position, limit], { name: "muster_fetch" });
  }

  /** What has been read is not kept. */
  async forget(position: string): Promise<void> {
    await this.#session.query(this.#mail.sql.forget, [this.#inbox, position], { name: "muster_forget" });
  }

  /** Of others. Answers whether there is more to do. */
  async sweep(graceMs: number, keepMs: number, rows: number): Promise<boolean> {
    const { sql, lock, sweeping } = this.#mail;
    const values = [lock, sweeping, graceMs, keepMs, rows, this.#inbox];
    const [[hasMore = null] = []] = await this.#session.query(sql.sweep, values);
    return hasMore === "t";
  }

  /** Nothing is left of the inbox, and whatever is asked for from now on rejects. */
  async detach(): Promise<void> {
    const { sql, namespace, lock } = this.#mail;
    await this.#session.last(sql.detach, [namespace, lock, this.#inbox]);
  }

  /** At once; what is under way rejects, and nobody is told. */
  close(): void {
    this.#session.close();
  }

  async #attach({ inbox, addresses }: Attachment, call: PostgresCall): Promise<void> {
    const { sql, namespace, channel } = this.#mail;
    const session = this.#session;
    const [[pid = null] = []] = await session.query("select pg_backend_pid()");
    await session.query(`listen ${quoted(channel)}`);
    await checkNoPooler(this.#mail, this.#connection, Number(pid), call); // Before anything else is left with strangers.
    await session.query(SETTINGS);
    const values = [namespace, inbox, randomKey(), randomKey(), textArray(addresses)];
    const patience = { patienceMs: attachingMs(addresses.length) };
    const [[own = null] = []] = await session.query(sql.attach, values, patience);
    this.#inbox = own ?? "";
  }

  async #inParts(text: string, addresses: readonly string[]): Promise<void> {
    for (let start = 0; start < addresses.length; start += MAX_ADDRESSES) {
      const part = textArray(addresses.slice(start, start + MAX_ADDRESSES));
      await this.#session.query(text, [this.#mail.namespace, this.#inbox, part]);
    }
  }

  /** A notice names inboxes, or none where it means all. */
  #isMeant(notice: string): boolean {
    return notice === "" || ` ${notice} `.includes(` ${this.#inbox} `);
  }
}
