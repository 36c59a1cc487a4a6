/** What the messages of one multicast have in common, as the bytes that it has on the wire. */

import type { Headers, OutgoingColumns } from "@muster/core/slots";
import { checkName, encodeValue, LINE_END, PREAMBLE } from "../codec.ts";
import { putAscii, putLiteral, putName, putNumber } from "./ascii.ts";
import { Stencil } from "./stencil.ts";

const [SPACE, CR, LF] = [32, 13, 10];
/** A longer address might have to be cut, for each of its characters may have to stand there as three. */
const MAX_ADDRESS = 170;
/** More than both numbers and what separates them take. */
export const FRAMING_BYTES = 40;

/**
 * Headers whose values are the same, or of each message its own. What is the same is encoded once; then a message is copied
 * together of pieces.
 *
 * Protocol: `HPUB subject header-bytes total-bytes`, a line end, headers, body, a line end.
 */
export class Form {
  readonly #names: readonly string[];
  /** `undefined`: of each message its own. */
  readonly #values: readonly (string | undefined)[];
  /** What stands before, between and behind the values that differ. */
  readonly #pieces: readonly Uint8Array[];
  readonly #commonBytes: number;
  /** Of the message that was looked at last: what differs, and how long it is with all the rest. */
  readonly #own: string[] = [];
  #headerBytes = 0;
  readonly #stencil = new Stencil();

  private constructor(names: readonly string[], values: readonly (string | undefined)[]) {
    this.#names = names;
    this.#values = values;
    this.#pieces = piecesOf(names, values);
    this.#commonBytes = this.#pieces.reduce((sum, { length }) => sum + length, 0);
  }

  /** Of no headers. */
  static ofNone(): Form {
    return new Form([], []);
  }

  /** Of messages by column. @throws INVALID_ARGUMENT: a name that no header can have. */
  static ofColumns({ headers, columns }: OutgoingColumns): Form {
    const [shared, own] = [Object.keys(headers), Object.keys(columns)];
    const names = [...shared, ...own];
    for (const name of names) checkName(name);
    return new Form(names, [...Object.values(headers), ...own.map(() => undefined)]);
  }

  /** As {@link fits}, of a form {@link ofColumns}: the row is the one to {@link put} next. */
  take(columns: readonly (readonly string[])[], row: number): void {
    const own = this.#own;
    let bytes = this.#commonBytes;
    for (let index = 0; index < columns.length; index += 1) {
      const value = columns[index]?.[row] ?? "";
      own[index] = value;
      bytes += value.length;
    }
    this.#headerBytes = bytes;
  }

  /** Whether a message with these headers has this form. If so, it is the one to {@link put} next. */
  fits(headers: Headers): boolean {
    const [names, values, own] = [this.#names, this.#values, this.#own];
    let bytes = this.#commonBytes;
    let index = 0;
    let owned = 0;
    for (const name in headers) {
      if (name !== names[index]) return false;
      const value = headers[name] ?? "";
      const common = values[index];
      if (common === undefined) {
        own[owned] = value;
        bytes += value.length;
        owned += 1;
      } else if (value !== common) {
        return false;
      }
      index += 1;
    }
    this.#headerBytes = bytes;
    return index === names.length;
  }

  /** Of the message that fitted last, unless something of it needs to be encoded. */
  get headerBytes(): number {
    return this.#headerBytes;
  }

  /**
   * A form that these headers fit, and have fitted last: this one with more that differs, or one for other names.
   *
   * @throws INVALID_ARGUMENT: a name that no header can have.
   */
  widened(headers: Headers): Form {
    const [names, values] = [Object.keys(headers), Object.values(headers)];
    const isAlike = names.length === this.#names.length && names.every((name, index) => name === this.#names[index]);
    if (!isAlike) for (const name of names) checkName(name);
    const common = isAlike ? values.map((value, index) => (value === this.#values[index] ? value : undefined)) : values;
    const form = new Form(names, common);
    form.fits(headers);
    return form;
  }

  /**
   * Writes the message whose headers fitted last. It takes up to `command`, three times the address, the headers, the body
   * and {@link FRAMING_BYTES}.
   *
   * @param command of ASCII, and always the same: all that stands before the address.
   * @returns where the next may begin; -1: something of it needs more than to be copied.
   */
  put(bytes: Uint8Array, at: number, command: string, address: string, body: Uint8Array): number {
    if (address.length > MAX_ADDRESS || this.#names.length === 0) return -1;
    const copied = this.#stencil.put(bytes, at, address, body, this.#own);
    if (copied >= 0) return copied;
    const addressAt = putAscii(bytes, at, command);
    const addressEnd = putName(bytes, addressAt, address);
    if (addressEnd < 0) return -1;
    bytes[addressEnd] = SPACE;
    let to = putNumber(bytes, addressEnd + 1, this.#headerBytes);
    bytes[to] = SPACE;
    to = putNumber(bytes, to + 1, this.#headerBytes + body.length);
    bytes[to] = CR;
    bytes[to + 1] = LF;
    const ownAt: number[] = [];
    to = this.#putHeaders(bytes, to + 2, ownAt);
    if (to < 0) return -1;
    to = putBody(bytes, to, body);
    this.#stencil.take(bytes, { at, to, addressAt, addressEnd, ownAt }, { address, body }, this.#own);
    return to;
  }

  /** @param ownAt gets where the values that differ begin. */
  #putHeaders(bytes: Uint8Array, at: number, ownAt: number[]): number {
    let to = at;
    let index = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, to);
      to += piece.length;
      if (index === this.#pieces.length - 1) break;
      ownAt.push(to);
      to = putLiteral(bytes, to, this.#own[index] ?? "");
      if (to < 0) return -1;
      index += 1;
    }
    return to;
  }
}

/** With the line end behind it. @returns the end of both. */
export function putBody(bytes: Uint8Array, at: number, body: Uint8Array): number {
  const to = at + body.length;
  bytes.set(body, at);
  bytes[to] = CR;
  bytes[to + 1] = LF;
  return to + 2;
}

/** One more than there are values that differ. */
function piecesOf(names: readonly string[], values: readonly (string | undefined)[]): readonly Uint8Array[] {
  const texts: string[] = [];
  let text = PREAMBLE;
  for (const [index, name] of names.entries()) {
    const value = values[index];
    text += `${name}: `;
    if (value === undefined) {
      texts.push(text);
      text = LINE_END;
    } else {
      text += encodeValue(value) + LINE_END;
    }
  }
  return [...texts, text + LINE_END].map((piece) => Buffer.from(piece, "latin1"));
}
