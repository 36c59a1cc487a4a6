/** Messages of Pub/Sub, as they stand in what a connection has given. */

import type { ReplyReader } from "../connection/reply-tap.ts";
import { byteTextOf, isAt } from "./byte-text.ts";

const CR = 0x0d;
const ZERO = 0x30;
/** Behind a length, and behind what has that length. */
const BREAK = 2;

/** Where a message stands in some bytes, and in the same as text with one character for each byte. */
export interface Arrival {
  readonly bytes: Buffer;
  readonly text: string;
  readonly channelStart: number;
  readonly channelEnd: number;
  readonly start: number;
  readonly end: number;
}

/** The next arrival takes the place of this one. */
export type OnMessage = (arrival: Arrival) => void;

export function arrivalOf(channel: Buffer, message: Buffer): Arrival {
  const bytes = Buffer.concat([channel, message]);
  const channelEnd = channel.length;
  return { bytes, text: byteTextOf(bytes), channelStart: 0, channelEnd, start: channelEnd, end: bytes.length };
}

/** Takes every message. What else comes, such as confirmations, is left to the driver. */
export class Arrivals implements Arrival, ReplyReader {
  bytes: Buffer = Buffer.alloc(0);
  text = "";
  channelStart = 0;
  channelEnd = 0;
  start = 0;
  end = 0;
  /** Of `*3 message <channel> <message>`, up to the length of the channel. */
  readonly #head: Buffer;
  readonly #onMessage: OnMessage;
  /** What was read last. */
  #length = 0;

  constructor(kind: "message" | "smessage", onMessage: OnMessage) {
    this.#head = Buffer.from(`*3\r\n$${kind.length}\r\n${kind}\r\n$`);
    this.#onMessage = onMessage;
  }

  take(bytes: Buffer, start: number): number {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.text = byteTextOf(bytes);
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
    this.channelStart = this.#behindLength(start + this.#head.length);
    this.channelEnd = this.channelStart + this.#length;
    this.start = this.#behindLength(this.channelEnd + BREAK + 1);
    this.end = this.start + this.#length;
    const next = this.end + BREAK;
    if (next <= this.bytes.length) this.#onMessage(this);
    return next;
  }

  /** Of a length that is cut short the next line begins behind all bytes. */
  #behindLength(start: number): number {
    const { length } = this.text;
    this.#length = 0;
    for (let at = start; at < length; at += 1) {
      const code = this.text.charCodeAt(at);
      if (code === CR) return at + BREAK;
      this.#length = this.#length * 10 + code - ZERO;
    }
    return Math.max(start, length) + 1;
  }

  #isHeadCut(at: number): boolean {
    const left = this.bytes.length - at;
    return left < this.#head.length && isAt(this.bytes, at, this.#head.subarray(0, left));
  }
}
