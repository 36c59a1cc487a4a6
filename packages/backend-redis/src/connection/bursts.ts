/**
 * Many commands as one transaction, written and answered beside the driver: to it they are two commands, MULTI and EXEC. A
 * command for each would take the driver two microseconds, and a script takes the server twice as long as the commands
 * themselves, for Lua hashes each byte that it is handed.
 */

import { Command, type Redis } from "ioredis";
import { type ByteWriter, ByteWriters } from "./byte-writer.ts";
import { endOfLine } from "./reply-end.ts";
import { type ReplyReader, tapReplies } from "./reply-tap.ts";

const MULTI = "*1\r\n$5\r\nMULTI\r\n";
const PING = "*1\r\n$4\r\nPING\r\n";
/** Kept for the next burst: as many as are mostly in flight, of a size that most have. */
const KEPT = { max: 4, maxBytes: 1_048_576 };

/** The bursts of one client of the driver that nobody else uses, over one connection after the other. */
export class Bursts {
  /** Where a reader stands before the driver. */
  #tapped: Connection | undefined;
  /** The same, where a burst has worked. */
  #open: Connection | undefined;
  #isGivenUp = false;
  readonly #writers = new ByteWriters(KEPT);

  /** Before it connects. */
  watch(redis: Redis): void {
    redis.on("connect", () => {
      const queued = new Queued();
      this.#tapped = !this.#isGivenUp && tapReplies(redis.stream, queued) ? { redis, queued } : undefined;
    });
    redis.on("ready", () => void this.#probe());
    redis.on("close", () => {
      this.#tapped = undefined;
      this.#open = undefined;
    });
  }

  /** False: what was to be sent has to take another way. */
  get areOpen(): boolean {
    return this.#open?.redis.status === "ready";
  }

  /**
   * What each of the commands is answered, errors among them. `undefined`: the server has refused to do any of them.
   * Rejects as the driver does.
   *
   * @param write writes so many commands in Redis' protocol.
   */
  async send(count: number, write: (writer: ByteWriter) => void): Promise<readonly unknown[] | undefined> {
    if (this.#open === undefined) return undefined;
    const writer = this.#writers.take();
    writer.text(MULTI);
    write(writer);
    const answers = await answersTo(this.#open, writer.written, count);
    this.#writers.give(writer); // All of it has left.
    return answers === undefined || Array.isArray(answers) ? answers : [];
  }

  /** An ACL may forbid transactions, and another release of the driver may not read its replies as this one does. */
  async #probe(): Promise<void> {
    const connection = this.#tapped;
    if (connection === undefined) return;
    try {
      const answers = await answersTo(connection, Buffer.from(MULTI + PING), 1);
      if (Array.isArray(answers) && answers.length === 1) {
        if (connection === this.#tapped) this.#open = connection;
      } else if (answers !== undefined) {
        this.#isGivenUp = true;
        connection.redis.disconnect(true); // Who knows which answer belongs to whom.
      }
    } catch {
      // There are no bursts on this connection.
    }
  }
}

interface Connection {
  readonly redis: Redis;
  readonly queued: Queued;
}

/** What EXEC is answered; `undefined` where nothing was done. */
async function answersTo({ redis, queued }: Connection, bytes: Buffer, count: number): Promise<unknown> {
  const opening = new Opening(bytes, () => queued.expect(count));
  const closing = new Command("exec");
  opening.promise.catch(() => undefined); // EXEC tells.
  redis.sendCommand(opening);
  redis.sendCommand(closing);
  try {
    const answers: unknown = await closing.promise;
    return answers;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("EXECABORT")) return undefined;
    throw error;
  }
}

/** Passes over what the server says to commands as it queues them: a line each. */
class Queued implements ReplyReader {
  #expected = 0;

  expect(count: number): void {
    this.#expected += count;
  }

  take(bytes: Buffer, start: number): number {
    let at = start;
    for (; this.#expected > 0 && at < bytes.length; this.#expected -= 1) {
      const end = endOfLine(bytes, at);
      if (end > bytes.length) return at === start ? end : at;
      at = end;
    }
    return at;
  }
}

/** MULTI, as far as the driver knows. */
class Opening extends Command {
  readonly #bytes: Buffer;

  /** @param onAnswer is called while the driver reads the answer to MULTI, before anything behind it is read. */
  constructor(bytes: Buffer, onAnswer: () => void) {
    super("multi");
    this.#bytes = bytes;
    const { resolve, reject } = this;
    this.resolve = (answer: unknown): void => {
      onAnswer();
      resolve(answer);
    };
    this.reject = (error: Error): void => {
      onAnswer();
      reject(error);
    };
  }

  override toWritable(): Buffer {
    return this.#bytes;
  }
}
