/** How namespaces and addresses stand on the server: an exchange for each namespace, a routing key for each address. */

import { randomUUID } from "node:crypto";
import { encodeName } from "@muster/core/slots";

/** What the protocol lets a name and a routing key have, in bytes. */
const MAX_NAME_BYTES = 255;
/** So much of a name is kept for what stands behind an exchange's in the names of queues. */
const MAX_EXCHANGE_LENGTH = 200;
/** In no address: stands before what replaces one that is too long, and before keys that are nobody's address. */
const CUT = "\u007f";

/** `prefix.namespace`. What is not an ASCII letter, a digit or `-` in the namespace is `_` and two hexadecimal digits. */
export function exchangeOf(prefix: string, namespace: string): string {
  return `${prefix}.${encodeName(namespace, MAX_EXCHANGE_LENGTH - prefix.length - 1)}`;
}

/** Another one each time. */
export function queueFor(exchange: string): string {
  return `${exchange}.${randomUUID()}`;
}

/**
 * The address itself, since a direct exchange compares keys as they are. One of 256 bytes, which is more than a key may
 * have, is cut and ends in a hash.
 */
export function keyOf(address: string): string {
  const fits = address.length * 3 <= MAX_NAME_BYTES || Buffer.byteLength(address) <= MAX_NAME_BYTES;
  return fits ? address : CUT + encodeName(address, MAX_NAME_BYTES - CUT.length);
}

/** Where whoever has the queue finds out whether anything still reaches it. */
export function pulseKeyOf(queue: string): string {
  return CUT + queue;
}

/** Whether the key is not the address. */
export function isCut(key: string): boolean {
  return key.startsWith(CUT);
}
