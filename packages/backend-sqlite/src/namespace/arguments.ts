/** What is refused before anything is asked of the file. */

import { MusterError, type SetEntry } from "@muster/core/slots";
import { isStorableText } from "@muster/filter";
import { NAME } from "../errors.ts";
import type { Draft } from "../registrations/drafts.ts";

export const MAX_IDENTITY_BYTES = 1_024;
export const MAX_RECORD_BYTES = 1_048_576;
/** Numbers and what surrounds them. */
const FIXED_BYTES = 128;

/** @throws INVALID_IDENTITY, INVALID_ARGUMENT: a name is empty, too long, can't be stored, or occurs twice. */
export function checkEntries(entries: readonly SetEntry[]): void {
  const seen = new Set<string>();
  for (const { identity, session, address, attempt } of entries) {
    if (identity === "" || !isStorableText(identity) || isLongerThan(identity, MAX_IDENTITY_BYTES)) {
      const message = `an identity has 1 to ${MAX_IDENTITY_BYTES} bytes, no NUL and no lone surrogates`;
      throw new MusterError({ code: "INVALID_IDENTITY", source: `${NAME}.setMany`, subject: identity, message });
    }
    seen.add(identity);
    if (session === "" || address === "") throw invalid("setMany", "a session and an address have a name", identity);
    if (![session, address, attempt].every((text) => isStorableText(text ?? ""))) {
      throw invalid("setMany", "no session, address or attempt holds a NUL or a lone surrogate", identity);
    }
  }
  if (seen.size < entries.length) throw invalid("setMany", "an identity occurs once per batch");
}

/** @throws PAYLOAD_TOO_LARGE */
export function checkDraft({ identity, session = "", address = "", attempt, document }: Draft): void {
  const units = identity.length + session.length + address.length + attempt.length + document.length;
  if (units * 3 + FIXED_BYTES <= MAX_RECORD_BYTES) return;
  const bytes = FIXED_BYTES + Buffer.byteLength(identity + session + address + attempt) + Buffer.byteLength(document);
  if (bytes <= MAX_RECORD_BYTES) return;
  throw new MusterError({
    code: "PAYLOAD_TOO_LARGE",
    source: `${NAME}.setMany`,
    subject: identity,
    message: `a record has at most ${MAX_RECORD_BYTES} bytes, not ${bytes}`,
    detail: { bytes, maxBytes: MAX_RECORD_BYTES },
  });
}

/** @throws INVALID_ARGUMENT */
export function checkPageSize(pageSize: number, operation: string): void {
  if (!(pageSize >= 1)) throw invalid(operation, `a page holds at least 1 registration, not ${pageSize}`);
}

/** In bytes of UTF-8, of which a code unit takes three at most. */
function isLongerThan(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes;
}

function invalid(operation: string, message: string, subject?: string): MusterError<"INVALID_ARGUMENT"> {
  return new MusterError({ code: "INVALID_ARGUMENT", source: `${NAME}.${operation}`, subject, message });
}
