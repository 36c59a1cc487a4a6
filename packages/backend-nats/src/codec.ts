/**
 * Headers on the wire: `NATS/1.0` and a line `name: value` for each, as any client of NATS reads them.
 *
 * NATS has no rule for anything but printable ASCII, and clients trim values. So whatever else is in a value, spaces at
 * its ends and every `%` stand there as the `%XX` of their UTF-8 bytes; `decodeURIComponent` gives the text back. A value
 * that nobody encoded and that holds a `%` is left as it is, if it makes no sense that way.
 */

import { type Headers, MusterError } from "@muster/core/slots";

/** Carries the address where the subject is a hash of it. Not among the headers of a delivery. */
export const ADDRESS_HEADER = "muster-address";

const PREAMBLE = "NATS/1.0\r\n";
const LINE_END = "\r\n";
const NAME = /^[!-9;-~]+$/;
/** Printable ASCII without `%`, and no space at either end. */
const LITERAL = /^[!-$&-~](?:[ -$&-~]*[!-$&-~])?$/;
const ENCODED = /^ +| +$|[^ -$&-~]+/gu;

/** What the messages of one multicast have in common: all lines but those from `from` to before `to`. */
interface Template {
  readonly names: readonly string[];
  readonly values: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly head: string;
  readonly tail: string;
}

/**
 * Encodes headers. Those of one multicast differ in who is meant and in nothing else, so what two messages have in common
 * is encoded once, for as long as the next ones have it as well.
 */
export class HeaderEncoder {
  #template: Template = templateOf([], [], 0, 0);

  /** ASCII; empty where there are none. @throws INVALID_ARGUMENT: a name that no header can have. */
  encode(headers: Headers): string {
    const { names, from, to, head, tail } = this.#template;
    if (!this.#fits(headers)) return this.#encodeAnew(headers);
    let lines = "";
    for (let index = from; index < to; index += 1) {
      const name = names[index] ?? "";
      lines += `${name}: ${encodeValue(headers[name] ?? "")}\r\n`;
    }
    return `${head}${lines}${tail}`;
  }

  #fits(headers: Headers): boolean {
    const { names, values, from, to } = this.#template;
    let index = 0;
    for (const name in headers) {
      if (name !== names[index]) return false;
      if ((index < from || index >= to) && headers[name] !== values[index]) return false;
      index += 1;
    }
    return index === names.length;
  }

  /** After a message like no other, the next one shows what varies. */
  #encodeAnew(headers: Headers): string {
    const last = this.#template;
    const [names, values] = [Object.keys(headers), Object.values(headers)];
    for (const name of names) checkName(name);
    const isFresh = last.from === last.to && names.join() === last.names.join();
    const changed = isFresh ? values.flatMap((value, index) => (value === last.values[index] ? [] : [index])) : [];
    const [from = names.length, to = names.length - 1] = [changed[0], changed.at(-1)];
    this.#template = templateOf(names, values, from, to + 1);
    return names.length === 0 ? "" : PREAMBLE + linesOf(names, values) + LINE_END;
  }
}

function templateOf(names: readonly string[], values: readonly string[], from: number, to: number): Template {
  const isEmpty = names.length === 0;
  const head = isEmpty ? "" : PREAMBLE + linesOf(names.slice(0, from), values.slice(0, from));
  const tail = isEmpty ? "" : linesOf(names.slice(to), values.slice(to)) + LINE_END;
  return { names, values, from, to, head: flat(head), tail: flat(tail) };
}

function linesOf(names: readonly string[], values: readonly string[]): string {
  return names.map((name, index) => `${name}: ${encodeValue(values[index] ?? "")}\r\n`).join("");
}

/** A string that was joined is a tree, which is walked each time it is written; read from bytes it is one piece. */
function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

function checkName(name: string): void {
  if (NAME.test(name)) return;
  const message = "a header's name is printable ASCII without spaces and colons";
  throw new MusterError({ code: "INVALID_ARGUMENT", source: "nats.publishMany", subject: name, message });
}

export function encodeValue(value: string): string {
  return LITERAL.test(value) ? value : value.replaceAll(ENCODED, percent);
}

export function decodeValue(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // Nobody encoded it.
  }
}

function percent(text: string): string {
  return Buffer.from(text, "utf8")
    .toString("hex")
    .replaceAll(/../g, (digits) => `%${digits.toUpperCase()}`);
}
