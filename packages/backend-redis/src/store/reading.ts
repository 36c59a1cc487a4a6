/** Reading without writing: registrations by identity, pages of all of them, and how many there are. */

import type { Census, Registration, Route } from "@muster/core/slots";
import type { Metadata } from "@muster/filter";
import type { RedisCall } from "../client.ts";
import { decodeMetadataList, decodeStamps, isLive, registrationOf, routeOf, type Stamp } from "../codec.ts";
import { NAME } from "../errors.ts";
import { censusScript, pageScript, readScript } from "../scripts/records.ts";
import { partsOf, sendParts } from "./batches.ts";
import type { Namespace } from "./namespace.ts";
import { listIn, numberIn, textIn } from "./replies.ts";

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
  return { items, freshUntil: sentAt + shortestLife(items, now), next: undefined };
}

/** A page with metadata. */
export async function readPage(
  { client, keys }: Namespace,
  query: PageQuery,
  call: RedisCall,
): Promise<Page<Registration>> {
  const sentAt = performance.now();
  const pageKeys = [listOf(query, keys), keys.stamps, keys.records];
  const { now, names, stamps, reply } = pageIn(await client.run(pageScript, pageKeys, boundsOf(query), call));
  const texts = names.length === 0 ? [] : decodeMetadataList(textIn(reply[4]));
  const items = registrationsIn(names, stamps, texts, now).filter((one) => one !== undefined);
  const isLast = names.length < query.size && texts.length === names.length;
  return { items, freshUntil: sentAt + shortestLife(items, now), next: isLast ? undefined : names[texts.length - 1] };
}

/** A page for which metadata is neither read nor sent. */
export async function readRoutes(
  { client, keys }: Namespace,
  query: PageQuery,
  call: RedisCall,
): Promise<Page<Route>> {
  const sentAt = performance.now();
  const pageKeys = [listOf(query, keys), keys.stamps];
  const { now, names, stamps } = pageIn(await client.run(pageScript, pageKeys, boundsOf(query), call));
  const items: Route[] = [];
  for (const [index, stamp] of stamps.entries()) {
    if (stamp !== undefined && isLive(stamp, now)) items.push(routeOf(names[index] ?? "", stamp));
  }
  const next = names.length < query.size ? undefined : names.at(-1);
  return { items, freshUntil: sentAt + shortestLife(items, now), next };
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
    const time = numberIn(reply[0]);
    found.push(...registrationsIn(asked, decodeStamps(textIn(reply[1])), decodeMetadataList(textIn(reply[2])), time));
    now ??= time;
  }
  return { found, now: now ?? 0 };
}

interface PageReply {
  readonly now: number;
  readonly names: readonly string[];
  readonly stamps: readonly (Stamp | undefined)[];
  readonly reply: readonly unknown[];
}

function pageIn(answer: unknown): PageReply {
  const reply = listIn(answer);
  const now = numberIn(reply[0]);
  if (reply[1] === 0) return { now, names: [], stamps: [], reply };
  return { now, names: textIn(reply[2]).split("\0"), stamps: decodeStamps(textIn(reply[3])), reply };
}

/** As many as there is metadata of; `undefined` for the dead. */
function registrationsIn(
  identities: readonly string[],
  stamps: readonly (Stamp | undefined)[],
  metadata: readonly (Metadata | null)[],
  now: number,
): readonly (Registration | undefined)[] {
  return metadata.map((one, index) => {
    const stamp = stamps[index];
    if (stamp === undefined || one === null || !isLive(stamp, now)) return undefined;
    return registrationOf(identities[index] ?? "", stamp, one);
  });
}

/** In ms from `now` on, of which the first to expire has left the fewest. */
function shortestLife(items: readonly Route[], now: number): number {
  let end = Number.POSITIVE_INFINITY;
  for (const { expiresAt } of items) if (expiresAt !== undefined && expiresAt < end) end = expiresAt;
  return end - now;
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
