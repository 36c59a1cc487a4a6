/**
 * Reads headers as `codec.ts` writes them, and those of foreign senders: names in lower case, of several values the first.
 *
 * The messages of one multicast differ in who is meant and in nothing else. So two that were read line by line give a
 * template, and those behind them are only compared with it.
 */

import type { Headers } from "@muster/core/slots";
import { ADDRESS_HEADER, decodeValue } from "./codec.ts";

const LINE_END = "\r\n";
/** So often a template is used before it is made anew: by then less may vary. */
const MAX_USES = 256;
/** A value that stands for itself, as a pattern. */
const LITERAL = "[!-$&-~](?:[ -$&-~]*[!-$&-~])?";
const IS_LITERAL = new RegExp(`^${LITERAL}$`);

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

/** What messages have in common: bytes up to the first value that varies, and a pattern with a group for each of these. */
class Template {
  readonly #head: Buffer;
  readonly #rest: RegExp;
  readonly #names: readonly string[];
  readonly #headers: Headers;

  constructor(head: string, rest: string, names: readonly string[], headers: Headers) {
    this.#head = Buffer.from(head);
    this.#rest = new RegExp(`^${rest}$`);
    this.#names = names;
    this.#headers = headers;
  }

  /** `undefined`: it doesn't fit. */
  read(bytes: Buffer, from: number, to: number): Headers | undefined {
    const { length } = this.#head;
    const restAt = from + length;
    if (restAt > to || bytes.compare(this.#head, 0, length, from, restAt) !== 0) return undefined;
    const values = this.#rest.exec(bytes.toString("utf8", restAt, to));
    if (values === null) return undefined;
    const headers: Record<string, string> = { ...this.#headers };
    let group = 0;
    for (const name of this.#names) headers[name] = values[(group += 1)] ?? "";
    return headers;
  }
}

/** `undefined` where lines differ in more than values that stand for themselves, each the only one of its name. */
function templateOf(before: readonly Line[], lines: readonly Line[], headers: Headers): Template | undefined {
  const names = lines.flatMap(({ name }) => (name === "" ? [] : [name]));
  if (before.length !== lines.length || new Set(names).size < names.length) return undefined;
  const varying: string[] = [];
  const parts = [""];
  for (const [index, { text, label, name, value }] of lines.entries()) {
    const last = parts.length - 1;
    if (text === before[index]?.text) parts[last] += text;
    else if (label !== before[index]?.label || !isHeader(name) || !isLiteral(text, label, value)) return undefined;
    else {
      parts[last] += label;
      parts.push(LINE_END);
      varying.push(name);
    }
  }
  const [head = "", ...others] = parts;
  return new Template(head, others.map((part) => `(${LITERAL})${escaped(part)}`).join(""), varying, headers);
}

function isLiteral(text: string, label: string, value: string): boolean {
  return IS_LITERAL.test(value) && text === label + value + LINE_END;
}

function escaped(text: string): string {
  return text.replaceAll(/\W/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
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
