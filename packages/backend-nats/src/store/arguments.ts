/** How long names and records may be. */

import type { NameLimits } from "@muster/core/slots";

/** Each byte of an identity may be three of a subject. */
export const NAME_LIMITS: NameLimits = { maxIdentityBytes: 256, maxSessionBytes: 247 };

/** Keys and numbers of a record, and what surrounds it on its way. */
const OVERHEAD_BYTES = 2_048;

export interface RecordLimits {
  readonly maxRecordBytes: number;
}

/** @param maxMessageBytes what the server lets a message have. */
export function recordLimits(maxMessageBytes: number): RecordLimits {
  return { maxRecordBytes: Math.max(1, Math.min(MAX_RECORD_BYTES, maxMessageBytes - OVERHEAD_BYTES)) };
}

/** A process keeps all of them in memory. */
const MAX_RECORD_BYTES = 1_048_576;
