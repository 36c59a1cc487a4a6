/** What registry backends refuse before anything is sent. */

import { MusterError } from "./errors.ts";
import type { RegistryTraits, SetEntry } from "./registry.ts";

/** Of a record, beside its texts: numbers, and what surrounds them. */
const FIXED_BYTES = 128;

export interface NameLimits extends Pick<RegistryTraits, "maxIdentityBytes"> {
  /** Default: any length. */
  readonly maxSessionBytes?: number;
  /** Default: those without a NUL. */
  readonly texts?: Texts;
}

/** Which texts can be stored, in words too, as they end a sentence that begins with a length. */
export interface Texts {
  readonly isOne: (text: string) => boolean;
  readonly words: string;
}

export const WITHOUT_NUL: Texts = { isOne: (text) => !text.includes("\0"), words: " and no NUL" };

/**
 * @param name the backend's, as it stands in the source of errors.
 * @throws INVALID_IDENTITY, INVALID_ARGUMENT: a name is empty, too long, or holds what can't be stored; an identity occurs
 * twice.
 */
export function checkEntries(
  entries: readonly SetEntry[],
  { maxIdentityBytes, maxSessionBytes = Number.POSITIVE_INFINITY, texts = WITHOUT_NUL }: NameLimits,
  name: string,
): void {
  const source = `${name}.setMany`;
  const { isOne, words } = texts;
  for (const { identity, session, address, attempt } of entries) {
    if (identity === "" || !isOne(identity) || isLongerThan(identity, maxIdentityBytes)) {
      const message = `an identity has 1 to ${maxIdentityBytes} bytes${words}`;
      throw new MusterError({ code: "INVALID_IDENTITY", source, subject: identity, message });
    }
    if (session === "" || address === "") throw invalid(source, "a session and an address have a name", identity);
    if (!isOne(session ?? "") || !isOne(address ?? "") || !isOne(attempt)) {
      throw invalid(source, `a session, an address and an attempt have text${words}`, identity);
    }
    if (session !== undefined && isLongerThan(session, maxSessionBytes)) {
      throw invalid(source, `the id of a session has at most ${maxSessionBytes} bytes`, identity);
    }
  }
  const twice = repeatedIn(entries);
  if (twice !== undefined) throw invalid(source, "an identity occurs once per batch", twice);
}

/** An identity that occurs twice. Most batches are of one, and need no set. */
function repeatedIn(entries: readonly SetEntry[]): string | undefined {
  if (entries.length < 2) return undefined;
  const seen = new Set<string>();
  for (const { identity } of entries) if (seen.size === seen.add(identity).size) return identity;
  return undefined;
}

/**
 * @param stored what is stored beside the names: metadata, as text.
 * @throws PAYLOAD_TOO_LARGE
 */
export function checkRecord(
  { identity, session = "", address = "", attempt }: SetEntry,
  stored: string,
  { maxRecordBytes }: Pick<RegistryTraits, "maxRecordBytes">,
  name: string,
): void {
  const units = identity.length + session.length + address.length + attempt.length + stored.length;
  if (units * 3 + FIXED_BYTES <= maxRecordBytes) return;
  const bytes = FIXED_BYTES + Buffer.byteLength(identity + session + address + attempt) + Buffer.byteLength(stored);
  if (bytes <= maxRecordBytes) return;
  throw new MusterError({
    code: "PAYLOAD_TOO_LARGE",
    source: `${name}.setMany`,
    subject: identity,
    message: `a record has at most ${maxRecordBytes} bytes, not ${bytes}`,
    detail: { bytes, maxBytes: maxRecordBytes },
  });
}

/** @throws INVALID_ARGUMENT */
export function checkPageSize(pageSize: number, source: string): void {
  if (!(pageSize >= 1)) throw invalid(source, `a page holds at least 1 entry, not ${pageSize}`);
}

/** In bytes of UTF-8, of which a code unit takes three at most. */
function isLongerThan(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes;
}

function invalid(source: string, message: string, subject?: string): MusterError<"INVALID_ARGUMENT"> {
  return new MusterError({ code: "INVALID_ARGUMENT", source, subject, message });
}
