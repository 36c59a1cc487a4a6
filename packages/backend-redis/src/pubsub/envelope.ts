/**
 * Headers and body as one message of Pub/Sub, which has no headers of its own.
 *
 * Version 2: the byte 2; each header that the message has in common with others as a line, `name:value`, and an empty line;
 * each other header likewise, and an empty line; the body. A line ends with a line feed; all is UTF-8. How the headers are
 * divided means nothing: whoever reads many messages need not read the same lines again.
 *
 * Version 1, which is only read: the byte 1, the length of the headers in bytes (32 bits, most significant first), the
 * headers as a JSON object of strings (nothing where there are none), the body.
 */

import type { Headers } from "@muster/core/slots";
import type { Arrival } from "./arrivals.ts";
import { inFull } from "./envelope-names.ts";
import { isAt, textOf } from "./byte-text.ts";

export const START: string = String.fromCharCode(2);
export const LINE_END = "\n";

const LINE_FEED = 0x0a;
/** Behind a line. */
const EMPTY_LINE = LINE_END + LINE_END;
const OLD_VERSION = 1;
const OLD_HEADERS_AT = 5;

/** A class for the reason that `Arrived` gives. */
export class Envelope {
  readonly headers: Headers;
  /** A part of what was read. */
  readonly body: Uint8Array;

  constructor(headers: Headers, body: Uint8Array) {
    this.headers = headers;
    this.body = body;
  }
}

/** A header that is another in each message, and what its line begins with. */
interface OwnHeader {
  readonly name: string;
  readonly label: Uint8Array;
}

/** Reads messages as they come; it is quick about those whose headers are much like those of the message before. */
export class EnvelopeReader {
  /** What stands before the own lines. */
  #start = START + LINE_END;
  #own: readonly OwnHeader[] = [];
  /** All headers there are; adding one to an object takes twenty times as long as copying all and writing over some. */
  #headers: Headers = {};

  /** `undefined`: of another version, or nothing that Muster ever made. */
  read(arrival: Arrival): Envelope | undefined {
    const { text, start } = arrival;
    const known = text.slice(start, start + this.#start.length) === this.#start ? this.#readOwn(arrival) : undefined;
    if (known !== undefined) return known;
    if (arrival.bytes[start] === OLD_VERSION) return readOld(arrival);
    return this.#learn(arrival) ? this.#readOwn(arrival) : undefined;
  }

  /** `undefined`: it is not made as the message before. */
  #readOwn({ bytes, text, start, end }: Arrival): Envelope | undefined {
    const headers: Record<string, string> = { ...this.#headers };
    let at = start + this.#start.length;
    for (const { name, label } of this.#own) {
      const valueAt = at + label.length;
      const lineEnd = text.indexOf(LINE_END, valueAt);
      if (lineEnd < 0 || !isAt(bytes, at, label)) return undefined;
      // Whoever keeps a value keeps what was read with it, as whoever keeps a body does.
      headers[name] = textOf(text.slice(valueAt, lineEnd));
      at = lineEnd + 1;
    }
    return at < end && bytes[at] === LINE_FEED ? new Envelope(headers, bodyOf(bytes, at + 1, end)) : undefined;
  }

  #learn({ bytes, text, start, end }: Arrival): boolean {
    const ownAt = behindLines(text, start + 1, end);
    const bodyAt = ownAt && behindLines(text, ownAt, end);
    if (!text.startsWith(START, start) || bodyAt === undefined) return false;
    const common = headersIn(bytes.toString("latin1", start + 1, ownAt));
    const own = headersIn(bytes.toString("latin1", ownAt, bodyAt));
    if (common === undefined || own === undefined) return false;
    this.#start = bytes.toString("latin1", start, ownAt);
    this.#own = own.map(({ name }) => ({ name: inFull(name), label: Buffer.from(`${name}:`, "latin1") }));
    this.#headers = Object.fromEntries([...common, ...own].map(({ name, value }) => [inFull(name), textOf(value)]));
    return true;
  }
}

/** Where what follows the next empty line begins. */
function behindLines(text: string, start: number, end: number): number | undefined {
  const behind = text.startsWith(LINE_END, start) ? start + 1 : text.indexOf(EMPTY_LINE, start) + 2;
  return behind > start && behind <= end ? behind : undefined;
}

/** Of lines up to an empty one; `undefined`: they are none. */
function headersIn(lines: string): readonly { readonly name: string; readonly value: string }[] | undefined {
  const headers: { name: string; value: string }[] = [];
  for (const line of lines.split(LINE_END).slice(0, -2)) {
    const colon = line.indexOf(":");
    if (colon <= 0) return undefined;
    headers.push({ name: line.slice(0, colon), value: line.slice(colon + 1) });
  }
  return headers;
}

function readOld({ bytes, start, end }: Arrival): Envelope | undefined {
  const headersAt = start + OLD_HEADERS_AT;
  if (headersAt > end) return undefined;
  const bodyAt = headersAt + bytes.readUInt32BE(start + 1);
  if (bodyAt > end) return undefined;
  const headers = bodyAt === headersAt ? {} : parseHeaders(bytes.toString("utf8", headersAt, bodyAt));
  return headers && new Envelope(headers, bodyOf(bytes, bodyAt, end));
}

/** No Buffer, which takes three times as long to make. */
function bodyOf({ buffer, byteOffset }: Buffer, start: number, end: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + start, end - start);
}

function parseHeaders(text: string): Headers | undefined {
  try {
    const headers: unknown = JSON.parse(text);
    return isHeaders(headers) ? headers : undefined;
  } catch {
    return undefined; // Whoever published it was none of us.
  }
}

function isHeaders(value: unknown): value is Headers {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((one) => typeof one === "string");
}
