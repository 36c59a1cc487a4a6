/** What is refused before any file is touched. */

import { MusterError, type SetEntry } from "@muster/core/slots";
import { NAME } from "./client.ts";

export const MAX_IDENTITY_BYTES = 256;
export const MAX_RECORD_BYTES = 1_048_576;

/** @throws INVALID_IDENTITY, INVALID_ARGUMENT, PAYLOAD_TOO_LARGE */
export function checkEntries(entries: readonly SetEntry[]): void {
  const source = `${NAME}.setMany`;
  const seen = new Set<string>();
  for (const entry of entries) {
    const { identity: subject } = entry;
    if (subject === "" || Buffer.byteLength(subject) > MAX_IDENTITY_BYTES) {
      const message = `an identity has 1 to ${MAX_IDENTITY_BYTES} bytes`;
      throw new MusterError({ code: "INVALID_IDENTITY", source, subject, message });
    }
    if (seen.has(subject)) {
      const message = "an identity occurs once per batch";
      throw new MusterError({ code: "INVALID_ARGUMENT", source, subject, message });
    }
    seen.add(subject);
    const detail = { bytes: Buffer.byteLength(JSON.stringify(entry)), maxBytes: MAX_RECORD_BYTES };
    if (detail.bytes <= MAX_RECORD_BYTES) continue;
    const message = `a record has at most ${MAX_RECORD_BYTES} bytes, not ${detail.bytes}`;
    throw new MusterError({ code: "PAYLOAD_TOO_LARGE", source, subject, message, detail });
  }
}

/** @throws INVALID_ARGUMENT */
export function checkPageSize(pageSize: number, operation: string): void {
  if (pageSize >= 1) return;
  const message = `a page holds at least 1 registration, not ${pageSize}`;
  throw new MusterError({ code: "INVALID_ARGUMENT", source: `${NAME}.${operation}`, message });
}
