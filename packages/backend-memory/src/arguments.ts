/** What is refused before anything happens. */

import { MusterError, type Outgoing, type SetEntry } from "@muster/core/slots";
import { NAME } from "./client.ts";

export const MAX_IDENTITY_BYTES = 256;
export const MAX_PAYLOAD_BYTES = 1_048_576;
export const MAX_BATCH = 1_000;
const MAX_ADDRESS_BYTES = 256;

/** @throws INVALID_IDENTITY, INVALID_ARGUMENT: a name is empty or too long, or occurs twice. */
export function checkEntries(entries: readonly SetEntry[]): void {
  const source = `${NAME}.setMany`;
  const seen = new Set<string>();
  for (const { identity } of entries) {
    if (identity === "" || isLongerThan(identity, MAX_IDENTITY_BYTES)) {
      throw new MusterError({
        code: "INVALID_IDENTITY",
        source,
        subject: identity,
        message: `an identity has 1 to ${MAX_IDENTITY_BYTES} bytes`,
      });
    }
    if (seen.has(identity)) throw invalid(source, "an identity occurs once per batch", identity);
    seen.add(identity);
  }
}

/** @throws INVALID_ARGUMENT */
export function checkPageSize(pageSize: number, operation: string): void {
  if (!(pageSize >= 1)) throw invalid(`${NAME}.${operation}`, `a page holds at least 1 registration, not ${pageSize}`);
}

/** @throws INVALID_ARGUMENT, PAYLOAD_TOO_LARGE */
export function checkBatch(batch: readonly Outgoing[]): void {
  const source = `${NAME}.publishMany`;
  if (batch.length > MAX_BATCH) throw invalid(source, `a batch has at most ${MAX_BATCH} messages, not ${batch.length}`);
  for (const { address, body } of batch) {
    if (!isAddress(address)) throw invalid(source, "an address has 1 to 256 bytes and no control characters", address);
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

export function isAddress(address: string): boolean {
  return address !== "" && !isLongerThan(address, MAX_ADDRESS_BYTES) && !/\p{Cc}/u.test(address);
}

/** In bytes of UTF-8, of which a code unit takes three at most. */
function isLongerThan(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes;
}

function invalid(source: string, message: string, subject?: string): MusterError<"INVALID_ARGUMENT"> {
  return new MusterError({ code: "INVALID_ARGUMENT", source, subject, message });
}
