/** What one inbox listens on, and getting it back when its connection was lost. */

import { setTimeout as delay } from "node:timers/promises";
import { MusterError } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { restored } from "../connection/restoring.ts";
import { NAME, postgresError } from "../errors.ts";
import { attachingMs, Line } from "./line.ts";
import type { Mail } from "./mail.ts";
import { Wishes } from "./wishes.ts";

const SOURCE = `${NAME}.inbox`;
const CONNECT_MS = 10_000;
/** How often an inbox looks by itself, and whether the server is there at all. */
const BEAT_MS = 5_000;
/** An inbox that is away for less finds what it had not read. */
const GRACE_MS = 30_000;
/** How long nobody needs to read what lies there. */
const KEEP_MS = 60_000;
const SWEPT_ROWS = 1_000;
const MAX_SWEEPS = 20;
const LEAVE_MS = 1_000;

export interface ListeningEvents {
  /** There may be something to read. */
  onRing(): void;
  /** By turns: `down` when the addresses have stopped being live, `up` when all are again. */
  onRoute(state: "up" | "down"): void;
  /** It can't come back. */
  onFailed(error: MusterError): void;
}

export class Listening {
  readonly #mail: Mail;
  readonly #events: ListeningEvents;
  readonly #wishes = new Wishes();
  readonly #closing = new AbortController();
  readonly #beating: NodeJS.Timeout;
  /** Called when there is a connection again, or none is to come any more. */
  readonly #waiting = new Set<() => void>();
  #line: Line | undefined;
  #inbox: string | undefined;
  #failure: MusterError | undefined;

  constructor(mail: Mail, events: ListeningEvents) {
    this.#mail = mail;
    this.#events = events;
    this.#beating = setInterval(() => this.#beat(), BEAT_MS).unref();
  }

  /** `undefined` while it is lost. */
  get line(): Line | undefined {
    return this.#line;
  }

  /** Rejects with a coded error, and may be closed then. */
  async open(call: PostgresCall): Promise<void> {
    await this.#connect(call);
  }

  /** Resolves when all are live, be it after a loss; gives up with its call, and then leaves none of them behind. */
  async add(addresses: readonly string[], call: PostgresCall): Promise<void> {
    using wish = this.#wishes.add(addresses);
    await this.#withLine(call, async (line) => {
      await line.add(wish.missing);
      wish.fulfil();
    });
  }

  async remove(addresses: readonly string[], call: PostgresCall): Promise<void> {
    this.#wishes.remove(addresses);
    await this.#withLine(call, async (line) => line.remove(addresses));
  }

  /** Nothing is left of it in the tables, if the server answers soon. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#beating);
    const line = this.#line;
    this.#line = undefined;
    this.#wake();
    if (line === undefined) return;
    await Promise.race([line.detach().catch(() => undefined), delay(LEAVE_MS, undefined, { ref: false })]);
    line.close();
  }

  /** Once on each connection, until it has been done on one that was not lost meanwhile. */
  async #withLine(call: PostgresCall, work: (line: Line) => Promise<void>): Promise<void> {
    for (;;) {
      const line = this.#line ?? (await this.#awaited(call));
      if (line === undefined) return; // Nobody waits for it any more.
      try {
        await work(line);
        return;
      } catch (error) {
        if (line === this.#line) throw error;
      }
    }
  }

  /** The next connection; none when the call ends first, or all does. @throws when none can come */
  async #awaited(call: PostgresCall): Promise<Line | undefined> {
    if (this.#failure === undefined && !call.signal.aborted && !this.#closing.signal.aborted) {
      await new Promise<void>((resolve) => {
        const go = (): void => {
          this.#waiting.delete(go);
          call.signal.removeEventListener("abort", go);
          resolve();
        };
        this.#waiting.add(go);
        call.signal.addEventListener("abort", go, { once: true });
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
    return this.#line;
  }

  async #connect(call: PostgresCall): Promise<void> {
    const wanted = this.#wishes.all();
    const attachment = { inbox: this.#inbox, addresses: wanted.addresses };
    const onRing = (): void => this.#events.onRing();
    const line = await Line.open(this.#mail, attachment, { onRing, onLost: (lost) => this.#lose(lost) }, call);
    this.#inbox = line.inbox;
    if (this.#closing.signal.aborted || line.isOver) {
      line.close();
      throw new MusterError({ code: "UNAVAILABLE", source: SOURCE, message: "the connection was lost again" });
    }
    wanted.fulfil();
    this.#line = line;
  }

  #lose(line: Line): void {
    if (line !== this.#line) return;
    this.#line = undefined;
    this.#events.onRoute("down");
    this.#restore().catch((error: unknown) => this.#fail(postgresError(error, SOURCE)));
  }

  async #restore(): Promise<void> {
    const isBack = await restored(
      {
        operation: "inbox",
        patienceMs: () => CONNECT_MS + attachingMs(this.#wishes.all().addresses.length),
        connect: async (call) => this.#connect(call),
      },
      this.#closing.signal,
    );
    if (!isBack) return;
    this.#events.onRoute("up");
    this.#wake();
    this.#events.onRing();
  }

  #fail(error: MusterError): void {
    this.#failure = error;
    this.#events.onFailed(error);
    this.#wake();
  }

  #wake(): void {
    for (const go of [...this.#waiting]) go();
  }

  #beat(): void {
    const line = this.#line;
    if (line === undefined) return;
    this.#events.onRing();
    this.#sweep(line).catch(() => undefined); // Whoever comes next does it.
  }

  async #sweep(line: Line): Promise<void> {
    for (let turn = 0; turn < MAX_SWEEPS && line === this.#line; turn += 1) {
      if (!(await line.sweep(GRACE_MS, KEEP_MS, SWEPT_ROWS))) return;
    }
  }
}
