/** What the messages of one multicast have in common, as the bytes that it has on the wire. */

import type { Headers } from "@muster/core/slots";
import { CONTENT_TYPE, ID, propertiesOf, type Properties } from "../codec.ts";
import { putAscii, putDigits, putLong } from "./bytes.ts";

/** Which properties follow. */
const [WITH_CONTENT_TYPE, WITH_HEADERS, WITH_CORRELATION_ID, WITH_MESSAGE_ID] = [0x8000, 0x2000, 0x0400, 0x0080];
const LONG_BYTES = 4;
/** More than flags, the length of the table and a correlation id take. */
const FRAMING_BYTES = 32;

/**
 * Headers whose values are the same, or of each message its own. What is the same is encoded once; then a message is copied
 * together of pieces.
 *
 * Protocol: 16 bits say which properties follow, in a fixed order; a short string has its length in one byte in front, the
 * table of headers in four, and in it each name is a short string, each value `S` and a string with four bytes of length.
 */
export class Form {
  readonly #names: readonly string[];
  /** `undefined`: of each message its own. */
  readonly #values: readonly (string | undefined)[];
  readonly #flags: number;
  readonly #contentType: Uint8Array;
  /** Of the table: what stands before, between and behind the values that differ. */
  readonly #pieces: readonly Uint8Array[];
  readonly #messageId: Uint8Array;
  readonly #tableBytes: number;
  readonly #commonBytes: number;
  /** Of the message that was looked at last: what differs, and how many bytes it takes if it is ASCII. */
  readonly #own: string[] = [];
  #ownBytes = 0;

  private constructor(headers: Headers, values: readonly (string | undefined)[], properties: Properties) {
    const { contentType, messageId, headers: table } = properties;
    this.#names = Object.keys(headers);
    this.#values = values;
    this.#flags =
      WITH_CORRELATION_ID |
      (contentType === undefined ? 0 : WITH_CONTENT_TYPE) |
      (table === undefined ? 0 : WITH_HEADERS) |
      (messageId === undefined ? 0 : WITH_MESSAGE_ID);
    this.#contentType = shortString(contentType);
    this.#messageId = shortString(messageId);
    this.#pieces = table === undefined ? [] : piecesOf(table, new Map(this.#names.map((name, i) => [name, values[i]])));
    this.#tableBytes = this.#pieces.reduce((sum, { length }) => sum + length, 0);
    this.#commonBytes = this.#contentType.length + this.#messageId.length + this.#tableBytes + FRAMING_BYTES;
  }

  /** @throws INVALID_ARGUMENT: a name that no header can have. */
  static of(headers: Headers): Form {
    const form = new Form(headers, Object.values(headers), propertiesOf(headers));
    form.fits(headers);
    return form;
  }

  /** Whether a message with these headers has this form. If so, it is the one to {@link put} next. */
  fits(headers: Headers): boolean {
    const [names, values, own] = [this.#names, this.#values, this.#own];
    let bytes = 0;
    let index = 0;
    let owned = 0;
    for (const name in headers) {
      if (name !== names[index]) return false;
      const value = headers[name] ?? "";
      const common = values[index];
      if (common === undefined) {
        own[owned] = value;
        bytes += value.length + LONG_BYTES;
        owned += 1;
      } else if (value !== common) {
        return false;
      }
      index += 1;
    }
    this.#ownBytes = bytes;
    return index === names.length;
  }

  /** No less than the message that fitted last takes here. */
  get bytes(): number {
    return this.#commonBytes + this.#ownBytes;
  }

  /** A form that these headers fit, and have fitted last. @throws INVALID_ARGUMENT as {@link of} */
  widened(headers: Headers): Form {
    const names = Object.keys(headers);
    const isAlike = names.length === this.#names.length && names.every((name, index) => name === this.#names[index]);
    const values = names.map((name, index) => (headers[name] === this.#values[index] ? headers[name] : undefined));
    // These two are properties as well, which stand elsewhere.
    const isOwn = names.some((name, index) => values[index] === undefined && (name === CONTENT_TYPE || name === ID));
    if (!isAlike || isOwn) return Form.of(headers);
    const form = new Form(headers, values, propertiesOf(headers));
    form.fits(headers);
    return form;
  }

  /** Writes the properties of the message whose headers fitted last. @returns the end; -1: what differs is not ASCII. */
  put(bytes: Uint8Array, at: number, correlationId: number): number {
    bytes[at] = this.#flags >>> 8;
    bytes[at + 1] = this.#flags;
    bytes.set(this.#contentType, at + 2);
    let to = at + 2 + this.#contentType.length;
    if (this.#pieces.length > 0) to = this.#putTable(bytes, to);
    if (to < 0) return -1;
    to = putDigits(bytes, to, correlationId);
    bytes.set(this.#messageId, to);
    return to + this.#messageId.length;
  }

  #putTable(bytes: Uint8Array, at: number): number {
    let to = putLong(bytes, at, this.#tableBytes + this.#ownBytes);
    let index = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, to);
      to += piece.length;
      if (index === this.#pieces.length - 1) break;
      const own = this.#own[index] ?? "";
      to = putAscii(bytes, putLong(bytes, to, own.length), own);
      if (to < 0) return -1;
      index += 1;
    }
    return to;
  }
}

function shortString(text: string | undefined): Buffer {
  const bytes = Buffer.from(text ?? "");
  return text === undefined ? bytes : Buffer.concat([Buffer.of(bytes.length), bytes]);
}

/** One more than there are values that differ. */
function piecesOf(
  table: Readonly<Record<string, string>>,
  values: ReadonlyMap<string, string | undefined>,
): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let piece: Uint8Array[] = [];
  for (const name of Object.keys(table)) {
    piece.push(shortString(name), Buffer.from("S"));
    const value = values.get(name);
    if (value === undefined) {
      pieces.push(Buffer.concat(piece));
      piece = [];
    } else {
      const text = Buffer.from(value);
      const length = Buffer.alloc(LONG_BYTES);
      putLong(length, 0, text.length);
      piece.push(length, text);
    }
  }
  return [...pieces, Buffer.concat(piece)];
}
