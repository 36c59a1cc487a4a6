/** How registrations come out of rows, and go in. */

import type { Registration, Route, SetEntry } from "@muster/core/slots";
import type { Metadata } from "@muster/filter";
import type { Draft } from "./registrations/drafts.ts";
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

/** Member by member: this is most of what a registration costs the caller's own thread. */
export function draftOf(entry: SetEntry): Draft {
  return {
    identity: entry.identity,
    document: JSON.stringify(entry.metadata),
    facts: factsOf(entry.metadata),
    ttlMs: wholeMs(entry.ttlMs),
    session: entry.session,
    address: entry.address,
    sessionBound: entry.sessionBound,
    attempt: entry.attempt,
    mode: entry.mode,
  };
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
