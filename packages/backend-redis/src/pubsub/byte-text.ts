/**
 * Text with one character for each byte: it is cut and compared as text, which costs a tenth of doing so with Buffers, and
 * what is plain ASCII is its own. By hand, because most of it is short: a call into the engine costs as much as fifty bytes.
 */

const FIRST_PLAIN = 0x20;
const LAST_PLAIN = 0x7e;

/** Printable ASCII: as text and as bytes the same. */
export function isPlain(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < FIRST_PLAIN || code > LAST_PLAIN) return false;
  }
  return true;
}

/** The bytes of its UTF-8. */
export function byteText(text: string): string {
  return isPlain(text) ? text : Buffer.from(text).toString("latin1");
}

export function byteTextOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** What stands there in UTF-8. */
export function textOf(bytes: string): string {
  return isPlain(bytes) ? bytes : Buffer.from(bytes, "latin1").toString();
}

export function isAt(bytes: Uint8Array, start: number, expected: Uint8Array): boolean {
  for (let index = 0; index < expected.length; index += 1) if (bytes[start + index] !== expected[index]) return false;
  return true;
}
