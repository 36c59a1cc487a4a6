/**
 * Writes messages as the bytes that go to the server, many of them to a buffer. The driver's own `publish` makes five buffers
 * of each message, and spells out each of its headers.
 *
 * Protocol: a frame is its type, the channel in two bytes, the length of its content in four, the content, and 206. A message
 * is one that says `basic.publish`, one with its properties and one with its body. https://www.rabbitmq.com/amqp-0-9-1-protocol
 */

import type { Outgoing } from "@muster/core/slots";
import type { Wire } from "../connection/wire.ts";
import { putLong, putShort } from "./bytes.ts";
import { Form } from "./form.ts";

const CHUNK_BYTES = 65_536;
const [METHOD, HEADER, BODY, END] = [1, 2, 3, 206];
const BASIC = 60;
const PUBLISH = 40;
/** And nothing else: `immediate` is the next bit. */
const MANDATORY = 1;
/** Type, channel and length. */
const FRAME_START = 7;
/** Of the second frame: class, weight and the length of the body. */
const HEADER_BYTES = 12;
/** More than three frames have around what they contain. */
const FRAMING_BYTES = 64;
/** A longer address might not fit into a key. */
const MAX_KEY = 255;
/** What is larger need not be copied. */
const MAX_BODY = 16_384;
const NONE = Buffer.alloc(0);

/** On one channel, for the messages to one exchange. */
export class Writer {
  readonly #wire: Wire;
  readonly #start: Uint8Array;
  readonly #maxBody: number;
  #chunk: Buffer = NONE;
  #from = 0;
  #to = 0;
  #form: Form = Form.of({});

  constructor(wire: Wire, exchange: string) {
    this.#wire = wire;
    const name = Buffer.from(exchange);
    const method = Buffer.from([0, BASIC, 0, PUBLISH, 0, 0, name.length]);
    this.#start = Buffer.concat([frameStart(METHOD, wire.channel), method, name]);
    this.#maxBody = Math.min(MAX_BODY, wire.maxFrameBytes - FRAME_START - 1);
  }

  /**
   * Writes it, so that it leaves with the next {@link flush}. `false`: the driver has to; then nothing is written.
   *
   * @throws INVALID_ARGUMENT: a name that no header can have.
   */
  put({ address, headers, body }: Outgoing, tag: number): boolean {
    if (address.length > MAX_KEY || body.length > this.#maxBody) return false;
    if (!this.#form.fits(headers)) this.#form = this.#form.widened(headers);
    const bytes = this.#form.bytes;
    if (bytes > this.#wire.maxFrameBytes - FRAMING_BYTES) return false;
    this.#makeRoom(this.#start.length + address.length + bytes + body.length + FRAMING_BYTES);
    const chunk = this.#chunk;
    const behindMethod = this.#putMethod(chunk, this.#to, address);
    const behindHeader = behindMethod < 0 ? -1 : this.#putHeader(chunk, behindMethod, body.length, tag);
    if (behindHeader < 0) return false;
    this.#to = body.length === 0 ? behindHeader : this.#putBody(chunk, behindHeader, body);
    return true;
  }

  /** Hands over what was written. */
  flush(): void {
    if (this.#to === this.#from) return;
    this.#wire.send(this.#chunk.subarray(this.#from, this.#to));
    this.#from = this.#to;
  }

  #putMethod(bytes: Buffer, at: number, key: string): number {
    bytes.set(this.#start, at);
    const to = putShort(bytes, at + this.#start.length, key);
    if (to < 0) return -1;
    bytes[to] = MANDATORY;
    return ended(bytes, at, to + 1);
  }

  #putHeader(bytes: Buffer, at: number, bodyBytes: number, tag: number): number {
    bytes.set(frameStart(HEADER, this.#wire.channel), at);
    const start = at + FRAME_START;
    bytes.fill(0, start, start + HEADER_BYTES);
    bytes[start + 1] = BASIC;
    putLong(bytes, start + HEADER_BYTES - 4, bodyBytes);
    const to = this.#form.put(bytes, start + HEADER_BYTES, tag);
    return to < 0 ? -1 : ended(bytes, at, to);
  }

  #putBody(bytes: Buffer, at: number, body: Uint8Array): number {
    bytes.set(frameStart(BODY, this.#wire.channel), at);
    bytes.set(body, at + FRAME_START);
    return ended(bytes, at, at + FRAME_START + body.length);
  }

  #makeRoom(bytes: number): void {
    if (this.#to + bytes <= this.#chunk.length) return;
    this.flush();
    this.#chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes));
    this.#from = 0;
    this.#to = 0;
  }
}

function frameStart(type: number, channel: number): Uint8Array {
  return Uint8Array.of(type, channel >> 8, channel, 0, 0, 0, 0);
}

/** Ends the frame that begins at `at`. @returns where the next begins. */
function ended(bytes: Uint8Array, at: number, to: number): number {
  putLong(bytes, at + FRAME_START - 4, to - at - FRAME_START);
  bytes[to] = END;
  return to + 1;
}
