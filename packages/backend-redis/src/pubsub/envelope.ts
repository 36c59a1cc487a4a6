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
const OLD_VERSION = 1;
const OLD_HEADERS_AT = 5;

export interface Envelope {
  readonly headers: Headers;
  /** A part of what was read. */
  readonly body: Uint8Array;
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
      headers[name] = textOf(text.slice(valueAt, lineEnd));
      at = lineEnd + 1;
    }
    if (at >= end || bytes[at] !== LINE_FEED) return undefined;
    return { headers, body: bodyOf(bytes, at + 1, end) };
  }

  #learn({ text, start, end }: Arrival): boolean {
    if (!text.startsWith(START, start)) return false;
    const common = linesAt(text, start + 1, end);
    const own = common && linesAt(text, common.end, end);
    if (common === undefined || own === undefined) return false;
    const lines = [...common.lines, ...own.lines];
    this.#start = text.slice(start, common.end);
    this.#own = own.lines.map(({ name }) => ({ name: inFull(name), label: Buffer.from(`${name}:`, "latin1") }));
    this.#headers = Object.fromEntries(lines.map(({ name, value }) => [inFull(name), textOf(value)]));
    return true;
  }
}

/** What lines there are up to the empty one, and where that ends. `undefined`: they are none. */
function linesAt(
  text: string,
  start: number,
  end: number,
): { readonly lines: readonly { readonly name: string; readonly value: string }[]; readonly end: number } | undefined {
  const lines: { name: string; value: string }[] = [];
  for (let at = start; ; ) {
    const lineEnd = text.indexOf(LINE_END, at);
    if (lineEnd < 0 || lineEnd >= end) return undefined;
    if (lineEnd === at) return { lines, end: lineEnd + 1 };
    const line = text.slice(at, lineEnd);
    const colon = line.indexOf(":");
    if (colon <= 0) return undefined;
    lines.push({ name: line.slice(0, colon), value: line.slice(colon + 1) });
    at = lineEnd + 1;
  }
}

function readOld({ bytes, start, end }: Arrival): Envelope | undefined {
  const headersAt = start + OLD_HEADERS_AT;
  if (headersAt > end) return undefined;
  const bodyAt = headersAt + bytes.readUInt32BE(start + 1);
  if (bodyAt > end) return undefined;
  const headers = bodyAt === headersAt ? {} : parseHeaders(bytes.toString("utf8", headersAt, bodyAt));
  return headers && { headers, body: bodyOf(bytes, bodyAt, end) };
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
