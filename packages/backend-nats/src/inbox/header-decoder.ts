/**
 * Reads headers as `codec.ts` writes them, and those of foreign senders: names in lower case, of several values the first.
 *
 * The messages of one multicast differ in who is meant and in nothing else. So two that were read line by line give a
 * template, and those behind them are only compared with it.
 */

import type { Headers } from "@muster/core/slots";
import { ADDRESS_HEADER, decodeValue } from "../codec.ts";

const LINE_END = "\r\n";
const [SPACE, PERCENT, TILDE] = [0x20, 0x25, 0x7e] as const;
/** From so many bytes on, a call of the runtime compares them faster than a loop does. */
const LONG = 32;
/** So often a template is used before it is made anew: by then less may vary. */
const MAX_USES = 256;

export class HeaderDecoder {
  #template: Template | undefined;
  #uses = 0;
  /** Of the message that was read line by line last. */
  #lines: readonly Line[] = [];

  /** What stands in `bytes` from `from` to before `to`; nothing there means no headers. */
  decode(bytes: Buffer, from: number, to: number): Headers {
    if (from === to) return {};
    this.#uses += 1;
    const known = this.#uses < MAX_USES ? this.#template?.read(bytes, from, to) : undefined;
    return known ?? this.#readLines(bytes.toString("utf8", from, to));
  }

  /** A message unlike the others ends their template; the next one shows what varies now. */
  #readLines(block: string): Headers {
    const lines = linesOf(block);
    const headers = headersOf(lines);
    this.#template = this.#template === undefined ? templateOf(this.#lines, lines, headers) : undefined;
    this.#lines = lines;
    this.#uses = 0;
    return headers;
  }
}

/** What messages have in common: the bytes before, between and behind the values that vary. */
class Template {
  readonly #parts: readonly Buffer[];
  readonly #names: readonly string[];
  readonly #headers: Headers;

  /** One part more than names. */
  constructor(parts: readonly string[], names: readonly string[], headers: Headers) {
    this.#parts = parts.map((part) => Buffer.from(part));
    this.#names = names;
    this.#headers = headers;
  }

  /** `undefined`: it doesn't fit. */
  read(bytes: Buffer, from: number, to: number): Headers | undefined {
    const headers: Record<string, string> = { ...this.#headers };
    let at = from;
    let index = 0;
    for (const part of this.#parts) {
      const valueAt = at + part.length;
      if (valueAt > to || !standsAt(at, part, bytes)) return undefined;
      const name = this.#names[index];
      if (name === undefined) return valueAt === to ? headers : undefined;
      at = literalEnd(bytes, valueAt);
      if (at === valueAt || bytes[valueAt] === SPACE || bytes[at - 1] === SPACE) return undefined;
      headers[name] = bytes.toString("latin1", valueAt, at);
      index += 1;
    }
    return undefined;
  }
}

function standsAt(at: number, part: Buffer, bytes: Buffer): boolean {
  const { length } = part;
  if (length >= LONG) return bytes.compare(part, 0, length, at, at + length) === 0;
  for (let index = 0; index < length; index += 1) if (bytes[at + index] !== part[index]) return false;
  return true;
}

/** Of what stands for itself: printable ASCII without `%`. */
function literalEnd(bytes: Buffer, from: number): number {
  let at = from;
  for (let byte = bytes[at] ?? 0; byte >= SPACE && byte <= TILDE && byte !== PERCENT; byte = bytes[at] ?? 0) at += 1;
  return at;
}

/** `undefined` where lines differ in more than values, each the only one of its name. */
function templateOf(before: readonly Line[], lines: readonly Line[], headers: Headers): Template | undefined {
  const names = lines.flatMap(({ name }) => (name === "" ? [] : [name]));
  if (before.length !== lines.length || new Set(names).size < names.length) return undefined;
  const varying: string[] = [];
  const parts = [""];
  for (const [index, { text, label, name }] of lines.entries()) {
    const last = parts.length - 1;
    if (text === before[index]?.text) parts[last] += text;
    else if (label !== before[index]?.label || !isHeader(name)) return undefined;
    else {
      parts[last] += label;
      parts.push(LINE_END);
      varying.push(name);
    }
  }
  return new Template(parts, varying, headers);
}

/** `text` is `label`, the value as it is encoded, and the end of the line, where there is one. */
interface Line {
  readonly text: string;
  readonly label: string;
  readonly name: string;
  readonly value: string;
}

/** The first names the protocol, and an empty one is the last. */
function linesOf(block: string): readonly Line[] {
  const lines: Line[] = [];
  for (let at = 0; at < block.length; ) {
    const isLast = block.startsWith(LINE_END, at);
    const end = isLast ? -1 : block.indexOf(LINE_END, at);
    const next = end < 0 ? block.length : end + LINE_END.length;
    const text = block.slice(at, next);
    lines.push(at === 0 || isLast ? { text, label: "", name: "", value: "" } : lineOf(text));
    at = next;
  }
  return lines;
}

function lineOf(text: string): Line {
  const [label = ""] = /^[^:]*:\s*/.exec(text) ?? [];
  return {
    text,
    label,
    name: label.trimEnd().slice(0, -1).toLowerCase(),
    value: decodeValue(text.slice(label.length).trim()),
  };
}

function headersOf(lines: readonly Line[]): Headers {
  const headers: Record<string, string> = {};
  for (const { name, value } of lines) {
    if (!isHeader(name) || Object.hasOwn(headers, name)) continue;
    if (name !== "__proto__") headers[name] = value;
    else Object.defineProperty(headers, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return headers;
}

function isHeader(name: string): boolean {
  return name !== "" && name !== ADDRESS_HEADER;
}
