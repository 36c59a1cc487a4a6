/** How registrations come out of rows, and go in. */

import type { Registration, Route, SetEntry, SetMode } from "@muster/core/slots";
import type { Metadata } from "@muster/filter";
import type { DraftColumns, Terms } from "./registrations/drafts.ts";
import { factsOf } from "./selection/facts.ts";
import type { Row } from "./store/store.ts";

/** Of the columns `ROUTE_COLUMNS`. */
export function routeIn(row: Row): Route {
  const [identity, epoch, session, address, registeredAt, expiresAt, ttlMs, revision] = row;
  return {
    identity: String(identity),
    epoch: Number(epoch),
    session: optionalText(session),
    address: optionalText(address),
    registeredAt: Number(registeredAt),
    expiresAt: optionalNumber(expiresAt),
    ttlMs: optionalNumber(ttlMs),
    revision: Number(revision),
  };
}

/** Of the columns `REGISTRATION_COLUMNS`. */
export function registrationIn(row: Row): Registration {
  const [identity, epoch, session, address, registeredAt, expiresAt, ttlMs, revision, attempt, document] = row;
  return {
    identity: String(identity),
    epoch: Number(epoch),
    session: optionalText(session),
    address: optionalText(address),
    registeredAt: Number(registeredAt),
    expiresAt: optionalNumber(expiresAt),
    ttlMs: optionalNumber(ttlMs),
    metadata: JSON.parse(String(document)) as Metadata, // The column holds what was stringified.
    revision: Number(revision),
    attempt: String(attempt),
  };
}

/** What a batch costs the caller's own thread is mostly this. */
export function columnsOf(entries: readonly SetEntry[]): DraftColumns {
  const [identities, documents, facts, attempts]: readonly [string[], string[], string[], string[]] = [[], [], [], []];
  const modes: SetMode[] = [];
  const terms: Terms[] = [];
  const termNumbers: number[] = [];
  let last: SetEntry | undefined;
  for (const entry of entries) {
    identities.push(entry.identity);
    documents.push(JSON.stringify(entry.metadata));
    facts.push(factsOf(entry.metadata));
    attempts.push(entry.attempt);
    modes.push(entry.mode);
    if (last === undefined || !haveSameTerms(entry, last)) terms.push(termsOf(entry));
    termNumbers.push(terms.length - 1);
    last = entry;
  }
  return { identities, documents, facts, attempts, modes, terms, termNumbers };
}

function termsOf({ ttlMs, session, address, sessionBound }: SetEntry): Terms {
  return { ttlMs: wholeMs(ttlMs), session, address, sessionBound };
}

function haveSameTerms(a: SetEntry, b: SetEntry): boolean {
  return a.ttlMs === b.ttlMs && a.session === b.session && a.address === b.address && a.sessionBound === b.sessionBound;
}

/** Never earlier than asked. */
export function wholeMs(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.ceil(ms);
}

function optionalNumber(value: Row[number] | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function optionalText(value: Row[number] | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
