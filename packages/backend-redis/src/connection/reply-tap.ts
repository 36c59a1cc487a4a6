/**
 * Replies that are read before the driver sees them: those that nothing of the driver waits for and that come by the
 * thousand. Its parser and its events take a microsecond for each, several times as long as reading it here.
 */

import type { Readable } from "node:stream";
import { replyEnd } from "./reply-end.ts";

export interface ReplyReader {
  /**
   * What it wants of `bytes`, from `start`, where a reply begins. Gives where the first reply begins that it leaves to the
   * driver or, when one of its own has not come in full, a place behind all bytes: it is asked again when there are so many.
   */
  take(bytes: Buffer, start: number): number;
}

/** More of a chunk than the reply before it may need: less is asked for twice, and more is copied in vain. */
const SPARE_BYTES = 1_024;

/**
 * Puts a reader before the driver: to be called at its event `connect`, when nothing has been read of the stream.
 *
 * False: the driver does not read as it is known to, by one listener, and nothing was changed.
 */
export function tapReplies(stream: Readable, reader: ReplyReader): boolean {
  const [listener, ...others] = stream.listeners("data");
  if (listener === undefined || others.length > 0) return false;
  const tap = new ReplyTap(reader, (reply) => void Reflect.apply(listener, stream, [reply]));
  stream.on("data", (chunk: Buffer) => tap.read(chunk));
  stream.off("data", listener as (chunk: Buffer) => void); // As it was handed to `on`.
  return true;
}

export class ReplyTap {
  readonly #reader: ReplyReader;
  readonly #pass: (reply: Buffer) => void;
  /** The beginning of a reply, and how many bytes of it are needed at least. */
  #rest: Buffer[] = [];
  #restBytes = 0;
  #neededBytes = 0;

  /** @param pass is given each reply that is for the driver, in full. */
  constructor(reader: ReplyReader, pass: (reply: Buffer) => void) {
    this.#reader = reader;
    this.#pass = pass;
  }

  /** Only the reply that two chunks share is copied. */
  read(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#restBytes === 0) {
        this.#keep(chunk, this.#readWhole(chunk, at));
        return;
      }
      const more = chunk.subarray(at, at + Math.max(this.#neededBytes - this.#restBytes, SPARE_BYTES));
      const before = this.#restBytes;
      this.#rest.push(more);
      this.#restBytes += more.length;
      if (this.#restBytes < this.#neededBytes) return;
      const joined = Buffer.concat(this.#rest);
      const end = this.#readWhole(joined, 0);
      this.#keep(joined, end < before ? end : joined.length);
      at += end < before ? more.length : end - before;
    }
  }

  /** Gives where the first reply begins that has not come in full. */
  #readWhole(bytes: Buffer, start: number): number {
    let at = start;
    while (at < bytes.length) {
      let next = this.#reader.take(bytes, at);
      if (next === at) {
        next = replyEnd(bytes, at);
        if (next <= bytes.length) this.#pass(bytes.subarray(at, next));
      }
      if (next > bytes.length) {
        this.#neededBytes = next - at;
        break;
      }
      at = next;
    }
    return at;
  }

  #keep(bytes: Buffer, start: number): void {
    this.#rest = start < bytes.length ? [bytes.subarray(start)] : [];
    this.#restBytes = bytes.length - start;
  }
}
