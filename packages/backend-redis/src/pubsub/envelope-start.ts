/** What stands in an envelope before the body (see envelope.ts). */

import { type Headers, MusterError } from "@muster/core/slots";
import type { ByteWriter } from "../connection/byte-writer.ts";
import { NAME } from "../errors.ts";
import { byteText, isPlain } from "./byte-text.ts";
import { LINE_END, START } from "./envelope.ts";
import { shortened } from "./envelope-names.ts";

/** Visible ASCII but the colon and the equals sign. */
const HEADER_NAME = /^[!-9;<>-~]+$/;

/** For the messages of one batch, in their order: most of them have all but a few headers in common. */
export class EnvelopeStarts {
  #names: readonly string[] = [];
  #values: readonly string[] = [];
  /** What the line of a header begins with that is another in each message; of one that all have in common `undefined`. */
  #labels: readonly (Uint8Array | undefined)[] = [];
  /** Up to the lines of the former. */
  #common: Uint8Array = Buffer.from(START + LINE_END);
  /** The values of the former, of the message at hand. */
  readonly #own: string[] = [];
  #isPlain = true;

  /** Of the message at hand: the values that are another in each. */
  get own(): readonly string[] {
    return this.#own;
  }

  /** Whether {@link next} had nothing to encode of them. */
  get isPlain(): boolean {
    return this.#isPlain;
  }

  /** Whether a message with these headers differs from the last one in its own values only. If so, it is the one at hand. */
  fits(headers: Headers): boolean {
    const [names, values, labels, own] = [this.#names, this.#values, this.#labels, this.#own];
    let index = 0;
    let owned = 0;
    for (const name in headers) {
      const value = headers[name];
      if (value === undefined || name !== names[index]) return false;
      if (labels[index] !== undefined) {
        own[owned] = value;
        owned += 1;
      } else if (value !== values[index]) return false;
      index += 1;
    }
    return index === names.length;
  }

  /**
   * Takes on the next message; gives how many bytes {@link write} will write for it.
   *
   * @throws INVALID_ARGUMENT: what is no header.
   */
  next(headers: Headers): number {
    if (!this.fits(headers)) this.#widen(headers);
    let length = this.#common.length + LINE_END.length;
    let owned = 0;
    this.#isPlain = true;
    for (let index = 0; index < this.#labels.length; index += 1) {
      const label = this.#labels[index];
      if (label === undefined) continue;
      const value = this.#own[owned] ?? "";
      const text = encoded(this.#names[index] ?? "", value);
      this.#isPlain &&= text === value;
      this.#own[owned] = text;
      length += label.length + text.length + LINE_END.length;
      owned += 1;
    }
    return length;
  }

  /** What {@link next} has taken on. Gives where its own values begin. */
  write(writer: ByteWriter): readonly number[] {
    writer.bytes(this.#common);
    const ownAt: number[] = [];
    for (const label of this.#labels) {
      if (label === undefined) continue;
      writer.bytes(label);
      const value = this.#own[ownAt.length] ?? "";
      ownAt.push(writer.length);
      writer.text(value);
      writer.text(LINE_END);
    }
    writer.text(LINE_END);
    return ownAt;
  }

  /** What differs from the last one's, where the names are the same, will differ from the next one's. */
  #widen(headers: Headers): void {
    const names = Object.keys(headers);
    const values = Object.values(headers);
    const labels = names.map(labelOf);
    const isLike = names.length === this.#names.length && names.every((name, index) => name === this.#names[index]);
    const isOwn = values.map((value, index) => isLike && value !== this.#values[index]);
    const lines = names.map((name, index) => labels[index] + encoded(name, values[index] ?? "") + LINE_END);
    const common = lines.filter((_, index) => isOwn[index] === false).join("");
    this.#common = Buffer.from(START + common + LINE_END, "latin1");
    this.#labels = labels.map((label, index) => (isOwn[index] === true ? Buffer.from(label) : undefined));
    this.#names = names;
    this.#values = values;
    this.#own.length = isOwn.filter(Boolean).length;
    this.fits(headers);
  }
}

function labelOf(name: string): string {
  if (HEADER_NAME.test(name)) return `${shortened(name)}:`;
  throw noHeader(name, "a header's name is visible ASCII");
}

function encoded(name: string, value: string): string {
  if (isPlain(value)) return value;
  if (/\p{Cc}/u.test(value)) throw noHeader(name, "a header's value has no control characters");
  return byteText(value);
}

function noHeader(subject: string, message: string): MusterError<"INVALID_ARGUMENT"> {
  return new MusterError({ code: "INVALID_ARGUMENT", source: `${NAME}.publishMany`, subject, message });
}
