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

export const PREAMBLE = "NATS/1.0\r\n";
export const LINE_END = "\r\n";
const NAME = /^[!-9;-~]+$/;
/** Printable ASCII without `%`, and no space at either end. */
const LITERAL = /^[!-$&-~](?:[ -$&-~]*[!-$&-~])?$/;
const ENCODED = /^ +| +$|[^ -$&-~]+/gu;

/** ASCII; empty where there are none. @throws INVALID_ARGUMENT: a name that no header can have. */
export function encodeHeaders(headers: Headers): string {
  let lines = "";
  for (const name in headers) {
    checkName(name);
    lines += `${name}: ${encodeValue(headers[name] ?? "")}${LINE_END}`;
  }
  return lines === "" ? "" : PREAMBLE + lines + LINE_END;
}

/** @throws INVALID_ARGUMENT: a name that no header can have. */
export function checkName(name: string): void {
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
