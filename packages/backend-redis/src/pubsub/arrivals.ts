/** Messages of Pub/Sub, as they stand in what a connection has given. */

import type { ReplyReader } from "../connection/reply-tap.ts";
import { byteTextOf, isAt } from "./byte-text.ts";

const CR = 0x0d;
const ZERO = 0x30;
/** Behind a length, and behind what has that length. */
const BREAK = 2;

/** A part of some bytes, and of the same as text with one character for each byte. */
export interface Span {
  readonly bytes: Buffer;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The channel with one character for each byte. */
export type OnMessage = (channel: string, message: Span) => void;

export function wholeOf(bytes: Buffer): Span {
  return { bytes, text: byteTextOf(bytes), start: 0, end: bytes.length };
}

/** Takes every message. What else comes, such as confirmations, is left to the driver. */
export class Arrivals implements ReplyReader {
  /** Of `*3 message <channel> <message>`, up to the length of the channel. */
  readonly #head: Buffer;
  readonly #onMessage: OnMessage;
  #bytes: Buffer = Buffer.alloc(0);
  #text = "";
  /** What was read last. */
  #length = 0;

  constructor(kind: "message" | "smessage", onMessage: OnMessage) {
    this.#head = Buffer.from(`*3\r\n$${kind.length}\r\n${kind}\r\n$`);
    this.#onMessage = onMessage;
  }

  take(bytes: Buffer, start: number): number {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#text = byteTextOf(bytes);
    }
    let at = start;
    while (isAt(bytes, at, this.#head)) {
      const next = this.#takeOne(at);
      if (next > bytes.length) return at === start ? next : at;
      at = next;
    }
    return at === start && this.#isHeadCut(at) ? at + this.#head.length : at;
  }

  /** Gives where the next reply begins, or a place behind all bytes. */
  #takeOne(start: number): number {
    const { length } = this.#bytes;
    const channelAt = this.#behindLength(start + this.#head.length);
    const channelEnd = channelAt + this.#length;
    const messageAt = this.#behindLength(channelEnd + BREAK + 1);
    const end = messageAt + this.#length;
    if (end + BREAK > length) return end + BREAK;
    const message = { bytes: this.#bytes, text: this.#text, start: messageAt, end };
    this.#onMessage(this.#text.slice(channelAt, channelEnd), message);
    return end + BREAK;
  }

  /** Of a length that is cut short the next line begins behind all bytes. */
  #behindLength(start: number): number {
    const { length } = this.#text;
    this.#length = 0;
    for (let at = start; at < length; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (code === CR) return at + BREAK;
      this.#length = this.#length * 10 + code - ZERO;
    }
    return Math.max(start, length) + 1;
  }

  #isHeadCut(at: number): boolean {
    const left = this.#bytes.length - at;
    return left < this.#head.length && isAt(this.#bytes, at, this.#head.subarray(0, left));
  }
}
