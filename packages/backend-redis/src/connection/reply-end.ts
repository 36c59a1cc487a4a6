/** Where a reply of Redis' protocol (RESP 2) ends. */

const CR = 0x0d;
const MINUS = 0x2d;
const ZERO = 0x30;
const ARRAY = 0x2a;
const BULK = 0x24;

/**
 * The place behind the reply that begins at `start`; while it has not come in full, any place behind all bytes, as near to
 * its end as can be told.
 */
export function replyEnd(bytes: Buffer, start: number): number {
  const lineEnd = endOfLine(bytes, start);
  if (lineEnd > bytes.length) return lineEnd;
  if (bytes[start] === BULK) {
    const length = numberAt(bytes, start + 1);
    return length < 0 ? lineEnd : lineEnd + length + 2;
  }
  if (bytes[start] !== ARRAY) return lineEnd;
  let at = lineEnd;
  for (let left = numberAt(bytes, start + 1); left > 0; left -= 1) {
    if (at >= bytes.length) return at + 1;
    at = replyEnd(bytes, at);
    if (at > bytes.length) return at;
  }
  return at;
}

/** Behind the line feed; a place behind all bytes where there is none. Most lines are a few bytes: no call is worth it. */
export function endOfLine(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== CR) at += 1;
  return at < bytes.length ? at + 2 : at + 1;
}

function numberAt(bytes: Buffer, start: number): number {
  if (bytes[start] === MINUS) return -1;
  let number = 0;
  for (let at = start; ; at += 1) {
    const byte = bytes[at];
    if (byte === undefined || byte === CR) return number;
    number = number * 10 + byte - ZERO;
  }
}
