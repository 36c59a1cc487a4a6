/** How records stand in the log: a version, a head of JSON, and bytes as they are. */

const VERSION = 1;
const HEAD_AT = 5;

export function withHead(head: unknown, body: Uint8Array): Buffer {
  const text = Buffer.from(JSON.stringify(head), "utf8");
  const bytes = Buffer.allocUnsafe(HEAD_AT + text.length + body.length);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeUInt32BE(text.length, 1);
  bytes.set(text, HEAD_AT);
  bytes.set(body, HEAD_AT + text.length);
  return bytes;
}

/** `undefined`: it is nothing that was written here. The body is a view. */
export function headAndBody(
  bytes: Buffer,
): { readonly head: readonly unknown[]; readonly body: Uint8Array } | undefined {
  if (bytes.length < HEAD_AT || bytes.readUInt8(0) !== VERSION) return undefined;
  const end = HEAD_AT + bytes.readUInt32BE(1);
  if (end > bytes.length) return undefined;
  const head = arrayIn(bytes.toString("utf8", HEAD_AT, end));
  return head && { head, body: bytes.subarray(end) };
}

/** `undefined`: it is no array in JSON. */
export function arrayIn(text: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined; // Somebody else's.
  }
}
