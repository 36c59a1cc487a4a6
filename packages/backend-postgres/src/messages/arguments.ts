/** What messaging refuses before anything leaves. */

import { type BatchFailure, MusterError, type Outgoing } from "@muster/core/slots";
import { NAME } from "../errors.ts";

export const MAX_PAYLOAD_BYTES = 1_048_576;
export const MAX_BATCH = 10_000;
const MAX_ADDRESS_BYTES = 256;
const NO_ADDRESS = "an address has 1 to 256 bytes of UTF-8 and no control characters";

/** @throws INVALID_ARGUMENT, PAYLOAD_TOO_LARGE */
export function checkBatch(batch: readonly Outgoing[]): void {
  const source = `${NAME}.publishMany`;
  if (batch.length > MAX_BATCH) throw invalid(source, `a batch has at most ${MAX_BATCH} messages, not ${batch.length}`);
  for (const { address, body } of batch) {
    if (!isAddress(address)) throw invalid(source, NO_ADDRESS, address);
    if (body.length <= MAX_PAYLOAD_BYTES) continue;
    const detail = { bytes: body.length, maxBytes: MAX_PAYLOAD_BYTES };
    const message = `a body has at most ${MAX_PAYLOAD_BYTES} bytes, not ${body.length}`;
    throw new MusterError({ code: "PAYLOAD_TOO_LARGE", source, subject: address, message, detail });
  }
}

/** @throws INVALID_ARGUMENT */
export function checkPrefetch(prefetch: number): void {
  if (!(prefetch >= 1)) throw invalid(`${NAME}.openInbox`, `an inbox holds at least 1 delivery, not ${prefetch}`);
}

/** A failure for each that is no address. */
export function addressFailures(addresses: readonly string[]): readonly BatchFailure[] {
  return addresses.flatMap((address, index) =>
    isAddress(address) ? [] : [{ index, error: invalid(`${NAME}.addMany`, NO_ADDRESS, address) }],
  );
}

export function isAddress(address: string): boolean {
  return address !== "" && !isTooLong(address) && !/[\p{Cc}\p{Cs}]/u.test(address);
}

/** A code unit takes three bytes of UTF-8 at most. */
function isTooLong(address: string): boolean {
  return address.length * 3 > MAX_ADDRESS_BYTES && Buffer.byteLength(address) > MAX_ADDRESS_BYTES;
}

function invalid(source: string, message: string, subject?: string): MusterError<"INVALID_ARGUMENT"> {
  return new MusterError({ code: "INVALID_ARGUMENT", source, subject, message });
}
