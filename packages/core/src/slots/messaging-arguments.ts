/** What messaging backends refuse before anything leaves. */

import type { BatchFailure } from "./backend.ts";
import { MusterError } from "./errors.ts";
import type { MessagingTraits, Outgoing, OutgoingColumns } from "./messaging.ts";

const MAX_ADDRESS_BYTES = 256;
const NO_ADDRESS = "an address has 1 to 256 bytes of UTF-8 and no control characters";
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

type Limits = Pick<MessagingTraits, "maxBatch" | "maxPayloadBytes">;

/**
 * @param name the backend's, as it stands in the source of errors.
 * @throws INVALID_ARGUMENT, PAYLOAD_TOO_LARGE
 */
export function checkOutgoing(batch: readonly Outgoing[], limits: Limits, name: string): void {
  const source = `${name}.publishMany`;
  checkSize(batch.length, limits, source);
  for (const { address, body } of batch) {
    if (!isAddress(address)) throw invalid(source, NO_ADDRESS, address);
    checkBody(body, address, limits, source);
  }
}

/** As {@link checkOutgoing}. */
export function checkColumns(batch: OutgoingColumns, limits: Limits, name: string): void {
  const { addresses, columns, body } = batch;
  const source = `${name}.publishMany`;
  checkSize(addresses.length, limits, source);
  for (const [header, { length }] of Object.entries(columns)) {
    if (length === addresses.length) continue;
    throw invalid(source, `a column has a value for each of ${addresses.length} addresses, not ${length}`, header);
  }
  for (const address of addresses) if (!isAddress(address)) throw invalid(source, NO_ADDRESS, address);
  const [first] = addresses;
  if (first !== undefined) checkBody(body, first, limits, source);
}

function checkSize(messages: number, { maxBatch }: Limits, source: string): void {
  if (messages > maxBatch) throw invalid(source, `a batch has at most ${maxBatch} messages, not ${messages}`);
}

function checkBody(body: Uint8Array, address: string, { maxPayloadBytes }: Limits, source: string): void {
  if (body.length <= maxPayloadBytes) return;
  const detail = { bytes: body.length, maxBytes: maxPayloadBytes };
  const message = `a body has at most ${maxPayloadBytes} bytes, not ${body.length}`;
  throw new MusterError({ code: "PAYLOAD_TOO_LARGE", source, subject: address, message, detail });
}

/** @throws INVALID_ARGUMENT */
export function checkPrefetch(prefetch: number, name: string): void {
  if (!(prefetch >= 1)) throw invalid(`${name}.openInbox`, `an inbox holds at least 1 delivery, not ${prefetch}`);
}

/** A failure for each that is no address. */
export function addressFailures(addresses: readonly string[], source: string): readonly BatchFailure[] {
  return addresses.flatMap((address, index) =>
    isAddress(address) ? [] : [{ index, error: invalid(source, NO_ADDRESS, address) }],
  );
}

/** 1–256 bytes of UTF-8, no control characters, no lone surrogates. */
export function isAddress(address: string): boolean {
  return address !== "" && !isTooLong(address) && (isPrintable(address) || !/[\p{Cc}\p{Cs}]/u.test(address));
}

/** A code unit takes three bytes of UTF-8 at most. */
function isTooLong(address: string): boolean {
  return address.length * 3 > MAX_ADDRESS_BYTES && Buffer.byteLength(address) > MAX_ADDRESS_BYTES;
}

/** Printable ASCII. By hand, because most addresses are short: a call into the engine costs as much as fifty bytes. */
function isPrintable(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < FIRST_PRINTABLE || code > LAST_PRINTABLE) return false;
  }
  return true;
}

function invalid(source: string, message: string, subject?: string): MusterError<"INVALID_ARGUMENT"> {
  return new MusterError({ code: "INVALID_ARGUMENT", source, subject, message });
}
