/** Hearing of what has been committed. */

import { MusterError } from "@muster/core/slots";
import type { PostgresCall, PostgresClient } from "../client.ts";
import { restored } from "../connection/restoring.ts";
import { NAME } from "../errors.ts";
import { quoted } from "../keys.ts";
import { checkNoPooler } from "../messages/pooler-check.ts";
import { Session } from "../messages/session.ts";

const OPERATION = "listen";
const PATIENCE_MS = 10_000;
/** How often it is looked whether the server is there at all. */
const BEAT_MS = 5_000;

/** Whom and where. */
export interface Listener {
  readonly client: PostgresClient;
  readonly channel: string;
  ring(): void;
}

/** A connection of its own that listens, and another one when that is lost. */
export class Bell implements AsyncDisposable {
  readonly #listener: Listener;
  readonly #closing = new AbortController();
  readonly #beating: NodeJS.Timeout;
  #session: Session | undefined;

  /** @throws what statements throw; UNSUPPORTED: through a pooler that gives no sessions. */
  static async open(listener: Listener, call: PostgresCall): Promise<Bell> {
    const bell = new Bell(listener);
    try {
      await bell.#connect(call);
      return bell;
    } catch (error) {
      bell.close();
      throw error;
    }
  }

  private constructor(listener: Listener) {
    this.#listener = listener;
    this.#beating = setInterval(() => this.#beat(), BEAT_MS).unref();
  }

  /** At once. */
  close(): void {
    this.#closing.abort();
    clearInterval(this.#beating);
    this.#session?.close();
    this.#session = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async #connect(call: PostgresCall): Promise<void> {
    const { client, channel, ring } = this.#listener;
    const connection = await client.connection(call);
    const session = new Session(OPERATION, connection, {
      onNotification: (heard) => {
        if (heard.channel === channel) ring();
      },
      onLost: () => this.#lose(session),
    });
    const onAbort = (): void => session.close();
    call.signal.addEventListener("abort", onAbort, { once: true });
    try {
      if (call.signal.aborted) session.close();
      const [[pid = null] = []] = await session.query("select pg_backend_pid()");
      await session.query("set idle_session_timeout to 0");
      await session.query(`listen ${quoted(channel)}`);
      await checkNoPooler({ client, channel }, connection, Number(pid), call);
      // It may have ended since the last answer.
      if (session.isOver || this.#closing.signal.aborted) throw lost();
      this.#session = session;
    } catch (error) {
      session.close();
      throw error;
    } finally {
      call.signal.removeEventListener("abort", onAbort);
    }
  }

  #lose(session: Session): void {
    if (session !== this.#session) return;
    this.#session = undefined;
    this.#restore().catch(() => this.close()); // Whoever waits for a bell looks by himself now and then.
  }

  async #restore(): Promise<void> {
    const restoring = {
      operation: OPERATION,
      patienceMs: () => PATIENCE_MS,
      connect: async (call: PostgresCall) => this.#connect(call),
    };
    if (await restored(restoring, this.#closing.signal)) this.#listener.ring();
  }

  /** A server that owes an answer for too long is given up by the session. */
  #beat(): void {
    this.#session?.query("select").catch(() => undefined);
  }
}

function lost(): MusterError<"UNAVAILABLE"> {
  return new MusterError({ code: "UNAVAILABLE", source: `${NAME}.${OPERATION}`, message: "the connection was lost" });
}
