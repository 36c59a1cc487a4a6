/** What became of an entry, as the contract tells it. */

import type { Registration, SetEntry, SetOutcome } from "@muster/core/slots";
import { registrationIn, wholeMs } from "../codec.ts";
import type { Stamp } from "../registrations/drafts.ts";
import { expiryOf, type Verdict } from "../registrations/set-many.ts";

/** @param now when lives have begun: epoch ms. */
export function outcomeOf(verdict: Verdict, entry: SetEntry, now: number): SetOutcome {
  if (typeof verdict === "number") {
    const { sessionBound, ttlMs } = entry;
    return { stored: storedAs([verdict, 1, now, expiryOf({ sessionBound, ttlMs: wholeMs(ttlMs) }, now)], entry) };
  }
  if ("stored" in verdict) return { stored: storedAs(verdict.stored, entry) };
  if ("standing" in verdict) return { stored: registrationIn(verdict.standing) };
  const { refused, current } = verdict;
  return current === undefined ? { refused } : { refused, current: registrationIn(current) };
}

/** The caller's own, and what the file has added. */
function storedAs([epoch, revision, registeredAt, expiresAt]: Stamp, entry: SetEntry): Registration {
  const { identity, metadata, session, address, ttlMs, attempt } = entry;
  return {
    identity,
    epoch,
    session,
    address,
    registeredAt,
    expiresAt: expiresAt ?? undefined,
    ttlMs: wholeMs(ttlMs),
    metadata,
    revision,
    attempt,
  };
}
