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
      if (this.#tapped?.redis !== redis) return;
      this.#tapped = undefined;
      this.#open = undefined;
    });
  }

  /** False: what was to be sent has to take another way. */
  get areOpen(): boolean {
    return this.#open?.redis.status === "ready";
  }

  /**
   * Commands that wait to be sent, once.
   *
   * @param write writes so many in Redis' protocol.
   */
  burst(count: number, write: (writer: ByteWriter) => void): Burst {
    const writer = this.#writers.take();
    writer.text(MULTI);
    write(writer);
    return { count, writer };
  }

  /**
   * What each of the commands is answered, errors among them. `undefined`: the server has refused to do any of them, or
   * there is no connection. Rejects as the driver does.
   */
  async send({ count, writer }: Burst): Promise<readonly unknown[] | undefined> {
    const connection = this.#open;
    if (connection === undefined) return undefined;
    try {
      const answers = await answersTo(connection, writer.written, count);
      this.#writers.give(writer); // All of it has left.
      return answers;
    } catch (error) {
      if (this.#open === connection) this.#open = undefined; // Whatever it was: not again on this connection.
      throw error;
    }
  }

  /** An ACL may forbid transactions, and another release of the driver may not read its replies as this one does. */
  async #probe(): Promise<void> {
    const connection = this.#tapped;
    if (connection === undefined) return;
    try {
      await answersTo(connection, Buffer.from(MULTI + PING), 1);
      if (connection === this.#tapped) this.#open = connection;
    } catch (error) {
      if (!(error instanceof UnexpectedAnswer)) return; // Then there are no bursts on this connection.
      this.#isGivenUp = true;
      connection.redis.disconnect(true); // Who knows which answer belongs to whom.
    }
  }
}

/** Commands of one transaction. */
export interface Burst {
  readonly count: number;
  readonly writer: ByteWriter;
}

class UnexpectedAnswer extends Error {
  constructor() {
    super("an unexpected answer");
  }
}

interface Connection {
  readonly redis: Redis;
  readonly queued: Queued;
}

/** What EXEC is answered; `undefined` where nothing was done. */
async function answersTo(
  { redis, queued }: Connection,
  bytes: Buffer,
  count: number,
): Promise<readonly unknown[] | undefined> {
  const opening = new Opening(bytes, () => queued.expect(count));
  const closing = new Command("exec");
  const { stream } = redis;
  stream.cork(); // Both leave in one write.
  redis.sendCommand(opening);
  redis.sendCommand(closing);
  stream.uncork();
  const [opened, closed] = await Promise.allSettled([opening.promise, closing.promise]);
  if (closed.status === "rejected") {
    if (!isAborted(closed.reason)) throw closed.reason;
    // EXEC says the same where MULTI was refused, and all between them was done by itself.
    if (opened.status === "rejected") throw new Error("a transaction was not begun", { cause: opened.reason });
    return undefined;
  }
  const answers: unknown = closed.value;
  if (isFor(count, answers)) return answers;
  throw new UnexpectedAnswer();
}

function isFor(count: number, answers: unknown): answers is readonly unknown[] {
  return Array.isArray(answers) && answers.length === count;
}

function isAborted(reason: unknown): boolean {
  return reason instanceof Error && reason.message.startsWith("EXECABORT");
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
