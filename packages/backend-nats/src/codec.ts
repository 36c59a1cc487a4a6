/**
 * Headers on the wire: `NATS/1.0` and a line `name: value` for each, as any client of NATS reads them.
 *
 * NATS has no rule for anything but printable ASCII, and clients trim values. So whatever else is in a value, spaces at
 * its ends and every `%` stand there as the `%XX` of their UTF-8 bytes; `decodeURIComponent` gives the text back. A value
 * that nobody encoded and that holds a `%` is left as it is, if it makes no sense that way.
 */

import { type Msg, MsgHdrsImpl } from "@nats-io/transport-node";
import { type Headers, MusterError } from "@muster/core/slots";

/** Carries the address where the subject is a hash of it. Not among the headers of a delivery. */
export const ADDRESS_HEADER = "muster-address";

const PREAMBLE = "NATS/1.0\r\n";
const NAME = /^[!-9;-~]+$/;
/** Printable ASCII without `%`, and no space at either end. */
const LITERAL = /^[!-$&-~](?:[ -$&-~]*[!-$&-~])?$/;
const ENCODED = /^ +| +$|[^ -$&-~]+/gu;
const MAX_REMEMBERED = 64;

interface Line {
  readonly value: string;
  readonly text: string;
}

/** What the driver takes for headers, already as bytes. */
export class HeaderBlock extends MsgHdrsImpl {
  #bytes = new Uint8Array();

  /** Valid until the next one: the driver copies it before it returns. */
  with(bytes: Uint8Array<ArrayBuffer>): this {
    this.#bytes = bytes;
    return this;
  }

  override encode(): Uint8Array {
    return this.#bytes;
  }
}

/** Encodes headers; most have the values of the message before, so the last line of each name is kept. */
export class HeaderEncoder {
  readonly #lines = new Map<string, Line>();

  /** `undefined`: there are none. @throws INVALID_ARGUMENT: a name that no header can have. */
  encode(headers: Headers, address: string | undefined): Uint8Array<ArrayBuffer> | undefined {
    let block = "";
    for (const name in headers) block += this.#line(name, headers[name] ?? "");
    if (address !== undefined) block += this.#line(ADDRESS_HEADER, address);
    return block === "" ? undefined : Buffer.from(`${PREAMBLE}${block}\r\n`, "latin1");
  }

  #line(name: string, value: string): string {
    const last = this.#lines.get(name);
    if (last?.value === value) return last.text;
    if (last === undefined) this.#learn(name);
    const text = `${name}: ${encodeValue(value)}\r\n`;
    this.#lines.set(name, { value, text });
    return text;
  }

  #learn(name: string): void {
    if (!NAME.test(name)) {
      const message = "a header's name is printable ASCII without spaces and colons";
      throw new MusterError({ code: "INVALID_ARGUMENT", source: "nats.publishMany", subject: name, message });
    }
    if (this.#lines.size >= MAX_REMEMBERED) this.#lines.clear();
  }
}

/** Of several values of one name the first counts; names of foreign senders are read in lower case. */
export function decodeHeaders({ headers }: Msg): Headers {
  if (headers === undefined) return {};
  const entries: [string, string][] = [];
  for (const [name, values] of headers) {
    if (name !== ADDRESS_HEADER) entries.push([name.toLowerCase(), decodeValue(values[0] ?? "")]);
  }
  return Object.fromEntries(entries);
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
