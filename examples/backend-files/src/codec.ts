/** A record as the text of its file: one JSON object, its version first. */

import { MusterError, type Registration } from "@muster/core/slots";

const VERSION = 1;

/** What is kept of one life of an identity. */
export interface StoredRecord {
  readonly registration: Registration;
  /** It has no expiry of its own: its session keeps it alive. */
  readonly isSessionBound: boolean;
  /** Until when a claim on its next step lasts; absent: nobody claims it. */
  readonly claimedUntil?: number;
  /** When its step `expired` was confirmed; absent: it stands. */
  readonly buriedAt?: number;
}

export function encodeRecord(record: StoredRecord): string {
  return JSON.stringify({ version: VERSION, ...record });
}

/**
 * `undefined` for the empty file that a power loss may leave of one that had just been written.
 *
 * @throws UNSUPPORTED: another version wrote it; INTERNAL: it is no record.
 */
export function decodeRecord(text: string, file: string): StoredRecord | undefined {
  if (text === "") return undefined;
  const { version, ...record } = parse(text, file);
  if (version === VERSION) return withAbsentMembers(record);
  const feature = `records of version ${version}`;
  throw new MusterError({
    code: "UNSUPPORTED",
    source: "files.decode",
    subject: file,
    message: `it was written in version ${version}, and this package reads version ${VERSION}: update the package`,
    detail: { feature },
  });
}

/** JSON has no `undefined`: what was left out is put back, so that what is read is what was stored. */
function withAbsentMembers({ registration, ...record }: StoredRecord): StoredRecord {
  const absent = { session: undefined, address: undefined, expiresAt: undefined, ttlMs: undefined };
  return { ...record, registration: { ...absent, ...registration } };
}

function parse(text: string, file: string): StoredRecord & { readonly version: number } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "version" in value && typeof value.version === "number")
      return value as StoredRecord & { version: number }; // Only this file writes them, and a version has one shape.
  } catch (cause) {
    throw noRecord(file, cause);
  }
  throw noRecord(file);
}

function noRecord(subject: string, cause?: unknown): MusterError<"INTERNAL"> {
  const message = "the file holds no record: something else has written to the folder";
  return new MusterError({ code: "INTERNAL", source: "files.decode", subject, message, cause });
}
