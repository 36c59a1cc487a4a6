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
  #own: string[] = [];

  /**
   * Takes on the next message; gives how many bytes {@link write} will write for it.
   *
   * @throws INVALID_ARGUMENT: what is no header.
   */
  next(headers: Headers): number {
    return this.#likeTheLast(headers) ?? this.#unlikeTheLast(headers);
  }

  write(writer: ByteWriter): void {
    writer.bytes(this.#common);
    let own = 0;
    for (const label of this.#labels) {
      if (label === undefined) continue;
      writer.bytes(label);
      writer.text(this.#own[own] ?? "");
      writer.text(LINE_END);
      own += 1;
    }
    writer.text(LINE_END);
  }

  #likeTheLast(headers: Headers): number | undefined {
    let length = this.#common.length + LINE_END.length;
    let index = 0;
    let own = 0;
    for (const name in headers) {
      const value = headers[name];
      if (value === undefined || name !== this.#names[index]) return undefined;
      const label = this.#labels[index];
      index += 1;
      if (label !== undefined) {
        const text = encoded(name, value);
        this.#own[own] = text;
        own += 1;
        length += label.length + text.length + LINE_END.length;
      } else if (value !== this.#values[index - 1]) return undefined;
    }
    return index === this.#names.length ? length : undefined;
  }

  /** What differs from the last one's, where the names are the same, will differ from the next one's. */
  #unlikeTheLast(headers: Headers): number {
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
    return this.#likeTheLast(headers) ?? 0;
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
