/** What stands in an envelope before the body (see envelope.ts). */

import { type Headers, MusterError, type OutgoingColumns } from "@muster/core/slots";
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

  /** Of messages by column. @throws INVALID_ARGUMENT: what is no header. */
  static ofColumns({ headers, columns }: OutgoingColumns): EnvelopeStarts {
    const starts = new EnvelopeStarts();
    const own = Object.keys(columns).map((name) => ({ name, value: "", isOwn: true }));
    starts.#arrange([...Object.entries(headers).map(([name, value]) => ({ name, value, isOwn: false })), ...own]);
    return starts;
  }

  /** Of those {@link ofColumns}: the row is the message at hand. */
  take(columns: readonly (readonly string[])[], row: number): void {
    for (let index = 0; index < columns.length; index += 1) this.#own[index] = columns[index]?.[row] ?? "";
  }

  /** Of the message at hand: the values that are another in each. */
  get own(): readonly string[] {
    return this.#own;
  }

  /** Whether {@link encode} had nothing to encode of them. */
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
    return this.encode();
  }

  /** As {@link next}, of the message at hand. */
  encode(): number {
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

  /** The message at hand, once it is encoded. Gives where its own values begin. */
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
    const entries = Object.entries(headers);
    const isLike =
      entries.length === this.#names.length && entries.every(([name], index) => name === this.#names[index]);
    this.#arrange(
      entries.map(([name, value], index) => ({ name, value, isOwn: isLike && value !== this.#values[index] })),
    );
    this.fits(headers);
  }

  #arrange(headers: readonly { readonly name: string; readonly value: string; readonly isOwn: boolean }[]): void {
    const labels = headers.map(({ name }) => labelOf(name));
    const lines = headers.map(({ name, value, isOwn }, index) =>
      isOwn ? "" : labels[index] + encoded(name, value) + LINE_END,
    );
    this.#common = Buffer.from(START + lines.join("") + LINE_END, "latin1");
    this.#labels = headers.map(({ isOwn }, index) => (isOwn ? Buffer.from(labels[index] ?? "") : undefined));
    this.#names = headers.map(({ name }) => name);
    this.#values = headers.map(({ value }) => value);
    this.#own.length = headers.filter(({ isOwn }) => isOwn).length;
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
