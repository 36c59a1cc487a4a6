/** Reading without writing: registrations by identity, pages of all of them, and how many there are. */

import type { Census, Registration, Route } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import {
  decodeMetadata,
  decodeStamp,
  decodeStamps,
  isLive,
  isRecordOf,
  registrationOf,
  routeOf,
  type Stamp,
} from "../codec.ts";
import { NAME } from "../errors.ts";
import { censusScript, pageScript, readScript } from "../scripts/records.ts";
import { partsOf, sendParts } from "./batches.ts";
import type { Namespace } from "./namespace.ts";
import { listIn, numberIn, optionalTextIn, textIn } from "./replies.ts";

/** Live registrations, or routes, of one moment, in the order of their identities' bytes. */
export interface Page<T extends Route> {
  readonly items: readonly T[];
  /** Until when all of them live at least, by `performance.now()`. */
  readonly freshUntil: number;
  /** There may be more behind this identity. */
  readonly next: string | undefined;
}

/** Which of them a page is taken from. */
export interface PageQuery {
  readonly after: string | undefined;
  /** Up to a thousand. */
  readonly size: number;
  /** Only those that it serves. */
  readonly session: string | undefined;
}

/** The contract's `getMany`. */
export async function getMany(
  namespace: Namespace,
  identities: readonly string[],
  call: RedisCall,
): Promise<readonly (Registration | undefined)[]> {
  const parts = partsOf(identities, ({ length }) => length);
  return sendParts(parts, `${NAME}.getMany`, call, async (part) => (await read(namespace, part, call)).found);
}

/** A page of those among up to a thousand identities that live. */
export async function readLive(
  namespace: Namespace,
  identities: readonly string[],
  call: RedisCall,
): Promise<Page<Registration>> {
  const sentAt = performance.now();
  const { found, now } = await read(namespace, identities, call);
  const items = found.filter((one) => one !== undefined);
  let end = Number.POSITIVE_INFINITY;
  for (const { expiresAt } of items) if (expiresAt !== undefined && expiresAt < end) end = expiresAt;
  return { items, freshUntil: sentAt + end - now, next: undefined };
}

/** A page with metadata: routes, and then their records. */
export async function readPage(namespace: Namespace, query: PageQuery, call: RedisCall): Promise<Page<Registration>> {
  const { live, freshUntil, next } = await readStamps(namespace, query, call);
  const parts = partsOf(live, ({ stamp }) => stamp.bytes);
  const source = `${NAME}.${call.operation ?? "scan"}`;
  const items = await sendParts(parts, source, call, async (part) => readMetadata(namespace, part, call, source));
  // While its records were on their way somebody may have expired, or have been renewed: then nothing but one script knows.
  if (performance.now() >= freshUntil) {
    const identities = live.map(({ identity }) => identity);
    return { ...(await readLive(namespace, identities, call)), next };
  }
  return { items: items.filter((one) => one !== undefined), freshUntil, next };
}

/** A page for which metadata is neither read nor sent. */
export async function readRoutes(namespace: Namespace, query: PageQuery, call: RedisCall): Promise<Page<Route>> {
  const { live, freshUntil, next } = await readStamps(namespace, query, call);
  return { items: live.map(({ identity, stamp }) => routeOf(identity, stamp)), freshUntil, next };
}

/** The contract's `census`. */
export async function readCensus({ client, keys }: Namespace, call: RedisCall): Promise<Census> {
  const { due, claimed } = keys.expiring;
  const [counted, expired] = listIn(await client.run(censusScript, [keys.order, due, claimed], [], call));
  return { counted: numberIn(counted), expired: numberIn(expired) };
}

/** Asks as often as it takes, for large records come a few at a time; `now` is the first answer's. */
async function read(
  { client, keys }: Namespace,
  identities: readonly string[],
  call: RedisCall,
): Promise<{ readonly found: readonly (Registration | undefined)[]; readonly now: number }> {
  const found: (Registration | undefined)[] = [];
  let now: number | undefined;
  while (found.length < identities.length) {
    const asked = identities.slice(found.length);
    const reply = listIn(await client.run(readScript, [keys.stamps, keys.records], asked, call));
    const [time, stamps, records] = [numberIn(reply[0]), listIn(reply[1]), listIn(reply[2])];
    for (const [index, record] of records.entries()) {
      const text = optionalTextIn(stamps[index]);
      const stamp = text === undefined ? undefined : decodeStamp(text);
      const isShown = stamp !== undefined && isLive(stamp, time);
      const identity = asked[index] ?? "";
      found.push(isShown ? registrationOf(identity, stamp, decodeMetadata(textIn(record))) : undefined);
    }
    now ??= time;
  }
  return { found, now: now ?? 0 };
}

interface Stamped {
  readonly identity: string;
  readonly stamp: Stamp;
}

async function readStamps(
  { client, keys }: Namespace,
  query: PageQuery,
  call: RedisCall,
): Promise<Omit<Page<Route>, "items"> & { readonly live: readonly Stamped[] }> {
  const sentAt = performance.now();
  const reply = listIn(await client.run(pageScript, [listOf(query, keys), keys.stamps], boundsOf(query), call));
  const now = numberIn(reply[0]);
  if (reply.length === 1) return { live: [], freshUntil: Number.POSITIVE_INFINITY, next: undefined };
  const names = textIn(reply[1]).split("\0");
  const live: Stamped[] = [];
  let end = Number.POSITIVE_INFINITY;
  for (const [index, stamp] of decodeStamps(textIn(reply[2])).entries()) {
    if (!isLive(stamp, now)) continue;
    live.push({ identity: names[index] ?? "", stamp });
    if (stamp.expiresAt !== undefined && stamp.expiresAt < end) end = stamp.expiresAt;
  }
  return { live, freshUntil: sentAt + end - now, next: names.length < query.size ? undefined : names.at(-1) };
}

/**
 * Records by a plain command, from which the server copies them three times as fast as from a script. A record that has
 * been written since its stamp was read is read again together with the stamp.
 */
async function readMetadata(
  namespace: Namespace,
  stamped: readonly Stamped[],
  call: RedisCall,
  source: string,
): Promise<readonly (Registration | undefined)[]> {
  const { client, keys } = namespace;
  const names = stamped.map(({ identity }) => identity);
  const records = listIn(await client.send("HMGET", [keys.records, ...names], call, source));
  const changed: string[] = [];
  const found = stamped.map(({ identity, stamp }, index) => {
    const record = optionalTextIn(records[index]);
    if (record !== undefined && isRecordOf(stamp, record)) {
      return registrationOf(identity, stamp, decodeMetadata(record));
    }
    changed.push(identity);
    return undefined;
  });
  if (changed.length === 0) return found;
  const again = (await read(namespace, changed, call)).found.values();
  return found.map((one) => one ?? again.next().value);
}

function listOf({ session }: PageQuery, { order, members }: Namespace["keys"]): string {
  return session === undefined ? order : members;
}

/** What a session serves stands together, for no session's id holds a NUL. */
function boundsOf({ after, size, session }: PageQuery): readonly string[] {
  if (session === undefined) return ["", after === undefined ? "-" : `(${after}`, "+", String(size)];
  const prefix = `${session}\0`;
  return [prefix, after === undefined ? `[${prefix}` : `(${prefix}${after}`, `(${session}\u0001`, String(size)];
}
