import { randomBytes } from "node:crypto";

/** Of an inbox, or of a lock: nobody has ever had the same. As decimal digits; above zero. */
export function randomKey(): string {
  return (randomBytes(8).readBigUInt64BE() >> 1n).toString();
}
