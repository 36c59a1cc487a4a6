/** JSON and bytes in one body: four bytes with the length of the JSON, the JSON, the bytes. */

const LENGTH_BYTES = 4;

export function framed(head: object, payload: Uint8Array): Uint8Array {
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, payload]);
}

/** Of what {@link framed} has made. The payload is a copy. */
export function unframed<Head>(data: Uint8Array): { readonly head: Head; readonly payload: Uint8Array } {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const end = LENGTH_BYTES + bytes.readUInt32BE();
  return {
    head: JSON.parse(bytes.toString("utf8", LENGTH_BYTES, end)) as Head,
    payload: Uint8Array.from(data.subarray(end)),
  };
}
