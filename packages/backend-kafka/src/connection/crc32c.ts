/** The checksum of batches, which Node has only of the other polynomial: https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4. */

const POLYNOMIAL = 0x82f63b78;
const BYTE_VALUES = 256;
/** Bytes that are taken at once, which is four times as fast as one by one. */
const STRIDE = 8;
/** For each place in a stride, what a byte there comes to. */
const TABLES = tables();

/** Of `bytes`, behind others whose checksum was `before`. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  const { length } = bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  let crc = ~before;
  let at = 0;
  for (; at + STRIDE <= length; at += STRIDE) {
    const low = crc ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    crc =
      entry(7, low) ^
      entry(6, low >>> 8) ^
      entry(5, low >>> 16) ^
      entry(4, low >>> 24) ^
      entry(3, high) ^
      entry(2, high >>> 8) ^
      entry(1, high >>> 16) ^
      entry(0, high >>> 24);
  }
  for (; at < length; at += 1) crc = entry(0, crc ^ view.getUint8(at)) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function entry(table: number, byte: number): number {
  return TABLES[(table << 8) | (byte & 0xff)] ?? 0;
}

function tables(): Int32Array {
  const all = new Int32Array(STRIDE * BYTE_VALUES);
  for (let byte = 0; byte < BYTE_VALUES; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL;
    all[byte] = crc;
  }
  for (let at = BYTE_VALUES; at < all.length; at += 1) {
    const crc = all[at - BYTE_VALUES] ?? 0;
    all[at] = (all[crc & 0xff] ?? 0) ^ (crc >>> 8);
  }
  return all;
}
