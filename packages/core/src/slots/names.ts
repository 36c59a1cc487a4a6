import { createHash } from "node:crypto";
import { MusterError } from "./errors.ts";

const HASH_BYTES = 16;
/** `__` and 128 bits in hexadecimal digits. */
const HASH_LENGTH = 2 + 2 * HASH_BYTES;
const ESCAPE = /_([0-9a-f]{2})/g;
/** How each byte stands in a name. */
const SPELLINGS: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  isPlain(byte) ? String.fromCharCode(byte) : `_${byte.toString(16).padStart(2, "0")}`,
);
const ASCII = /^[\0-\x7f]*$/;
const NOT_PLAIN = /[^A-Za-z0-9-]/g;

/**
 * A name of `[A-Za-z0-9_-]` for any well-formed text, which brokers take literally: ASCII letters, digits and `-` stand
 * for themselves, every other UTF-8 byte is `_` and two lower-case hexadecimal digits.
 *
 * Different texts get different names. A name longer than `maxLength` characters is cut, at a whole escape, and ends in
 * `__` and a 128-bit hash of the text instead; the other names never contain `__`.
 *
 * @throws INVALID_ARGUMENT: lone surrogates in `text`, or a `maxLength` below 34.
 */
export function encodeName(text: string, maxLength: number): string {
  if (maxLength < HASH_LENGTH) throw invalid(`a name needs room for ${HASH_LENGTH} characters, not ${maxLength}`);
  if (ASCII.test(text)) {
    const short = text.replace(NOT_PLAIN, spelled);
    if (short.length <= maxLength) return short;
  }
  const bytes = Buffer.from(text, "utf8");
  if (bytes.toString("utf8") !== text) throw invalid("the text holds a lone surrogate");
  let name = "";
  let cut = 0;
  for (const byte of bytes) {
    name += SPELLINGS[byte];
    if (name.length <= maxLength - HASH_LENGTH) cut = name.length;
  }
  if (name.length <= maxLength) return name;
  const hash = createHash("sha256")
    .update(bytes)
    .digest("hex")
    .slice(0, 2 * HASH_BYTES);
  return `${name.slice(0, cut)}__${hash}`;
}

/** The text behind a name made by {@link encodeName}; `undefined` for one that was cut, or that it never made. */
export function decodeName(name: string): string | undefined {
  if (!/^(?:[A-Za-z0-9-]|_[0-9a-f]{2})*$/.test(name)) return undefined;
  const bytes = Buffer.from(
    name.replace(ESCAPE, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
    "latin1",
  );
  const text = bytes.toString("utf8");
  return encodeName(text, Number.MAX_SAFE_INTEGER) === name ? text : undefined;
}

function spelled(character: string): string {
  return SPELLINGS[character.charCodeAt(0)] ?? "";
}

function isPlain(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x2d
  );
}

function invalid(message: string): MusterError<"INVALID_ARGUMENT"> {
  return new MusterError({ code: "INVALID_ARGUMENT", source: "core.encodeName", message });
}
