/** What is refused before anything is asked of the file. */

import { MusterError, type SetEntry } from "@muster/core/slots";
import { isStorableText } from "@muster/filter";
import { NAME } from "../errors.ts";

export const MAX_IDENTITY_BYTES = 1_024;
export const MAX_RECORD_BYTES = 1_048_576;

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

/** In bytes of UTF-8, of which a code unit takes three at most. */
function isLongerThan(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes;
}

function invalid(operation: string, message: string, subject?: string): MusterError<"INVALID_ARGUMENT"> {
  return new MusterError({ code: "INVALID_ARGUMENT", source: `${NAME}.${operation}`, subject, message });
}
