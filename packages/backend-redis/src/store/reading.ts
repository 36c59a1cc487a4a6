/** Reading without writing: registrations by identity, pages of all of them, and how many there are. */

import type { Census, Registration, Route } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { decodeMetadata, decodeStamp, isLive, isRecordOf, registrationOf, routeOf, type Stamp } from "../codec.ts";
import { NAME } from "../errors.ts";
import { censusScript, clockScript, readScript } from "../scripts/records.ts";
import { partsOf, sendParts } from "./batches.ts";
import type { Namespace } from "./namespace.ts";
import { listIn, numberIn, optionalTextIn, textIn } from "./replies.ts";

/** Of records in one answer: the server copies them in half a millisecond. */
const MAX_BYTES = 1_048_576;

/** Live registrations, or routes, in the order of their identities' bytes. */
export interface Page<T extends Route> {
  readonly items: readonly T[];
  /** Until when all of them live at least, by `performance.now()`. */
  readonly freshUntil: number;
}

/** Which of them pages are taken from. */
export interface PageQuery {
  /** Up to a thousand. */
  readonly size: number;
  /** Only those that it serves. */
  readonly session: string | undefined;
}

/** Who stands, in order. */
export interface Listed {
  readonly identities: readonly string[];
  /** There may be more behind this identity. */
  readonly next: string | undefined;
}

/** Who of those that were listed lived at one moment. */
export interface Stamped {
  readonly identities: readonly string[];
  /** One for each. */
  readonly stamps: readonly Stamp[];
  /** What turns an instant of the server's clock into one of `performance.now()` that is not later. */
  readonly offset: number;
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
  return { items, freshUntil: endOf(items) + sentAt - now };
}

/** Who stands behind an identity: one command. */
export async function listIdentities(
  { client, keys }: Namespace,
  { size, session }: PageQuery,
  after: string | undefined,
  call: RedisCall,
): Promise<Listed> {
  // What a session serves stands together, for no session's id holds a NUL.
  const prefix = session === undefined ? "" : `${session}\0`;
  const [key, all, end] =
    session === undefined ? [keys.order, "-", "+"] : [keys.members, `[${prefix}`, `(${session}\u0001`];
  const start = after === undefined ? all : `(${prefix}${after}`;
  const reply = await client.send("zrange", [key, start, end, "BYLEX", "LIMIT", 0, size], call, sourceOf(call));
  const identities = listIn(reply).map((member) => textIn(member).slice(prefix.length));
  return { identities, next: identities.length < size ? undefined : identities.at(-1) };
}

/**
 * The stamps of those that live. Who has gone since he was listed is passed over.
 *
 * The clock is read before them: what has been renewed in between lives by its stamp, and what has expired in between is
 * found out by {@link readRecords} and {@link routesOf}.
 */
export async function readStamps(
  { client, keys }: Namespace,
  listed: readonly string[],
  session: string | undefined,
  call: RedisCall,
): Promise<Stamped> {
  const source = sourceOf(call);
  const sentAt = performance.now();
  const [time, texts] = await Promise.all([
    client.send("eval", [clockScript.lua, 1, keys.stamps], call, source),
    client.send("hmget", [keys.stamps, ...listed], call, source),
  ]);
  const [seconds, micros] = listIn(time);
  const now = Number(seconds) * 1_000 + Number(micros) / 1_000;
  const identities: string[] = [];
  const stamps: Stamp[] = [];
  let stamp: Stamp | undefined;
  for (const [index, text] of listIn(texts).entries()) {
    if (text === null) continue;
    stamp = decodeStamp(textIn(text), stamp);
    if (!isLive(stamp, now) || (session !== undefined && stamp.session !== session)) continue;
    identities.push(listed[index] ?? "");
    stamps.push(stamp);
  }
  return { identities, stamps, offset: sentAt - now, session };
}

/** Parts of which one command may read the records: a mebibyte, or one record. */
export function splitByBytes(stamped: Stamped): readonly Stamped[] {
  const { identities, stamps } = stamped;
  const parts: Stamped[] = [];
  const cut = (from: number, to: number): number =>
    parts.push({ ...stamped, identities: identities.slice(from, to), stamps: stamps.slice(from, to) });
  let [start, size] = [0, 0];
  for (const [index, { bytes }] of stamps.entries()) {
    if (index > start && size + bytes > MAX_BYTES) {
      cut(start, index);
      [start, size] = [index, 0];
    }
    size += bytes;
  }
  if (start === 0) return [stamped];
  cut(start, stamps.length);
  return parts;
}

/** A page with metadata, by one command; what has been written or has expired since its stamp was read is read again. */
export async function readRecords(
  namespace: Namespace,
  { identities, stamps, offset, session }: Stamped,
  call: RedisCall,
): Promise<Page<Registration>> {
  const { client, keys } = namespace;
  if (identities.length === 0) return { items: [], freshUntil: Number.POSITIVE_INFINITY };
  const records = listIn(await client.send("hmget", [keys.records, ...identities], call, sourceOf(call)));
  const present = performance.now() - offset;
  const items: (Registration | undefined)[] = [];
  for (const [index, stamp] of stamps.entries()) {
    const record = records[index];
    const isCurrent = isLive(stamp, present) && typeof record === "string" && isRecordOf(stamp, record);
    items.push(isCurrent ? registrationOf(identities[index] ?? "", stamp, decodeMetadata(record)) : undefined);
  }
  return completed(namespace, { identities, items, offset, session }, (one) => one, call);
}

/** A page for which metadata is neither read nor sent, unless somebody has expired since his stamp was read. */
export async function routesOf(
  namespace: Namespace,
  { identities, stamps, offset, session }: Stamped,
  call: RedisCall,
): Promise<Page<Route>> {
  const present = performance.now() - offset;
  const items: (Route | undefined)[] = [];
  for (const [index, stamp] of stamps.entries()) {
    items.push(isLive(stamp, present) ? routeOf(identities[index] ?? "", stamp) : undefined);
  }
  return completed(namespace, { identities, items, offset, session }, (one) => routeOf(one.identity, one), call);
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

interface Incomplete<T> extends Pick<Stamped, "identities" | "offset" | "session"> {
  /** One for each identity; absent is what must be read again. */
  readonly items: readonly (T | undefined)[];
}

/** Reads again what is absent: stamp and record together, for then nothing but one script knows. */
async function completed<T extends Route>(
  namespace: Namespace,
  { identities, items, offset, session }: Incomplete<T>,
  map: (registration: Registration) => T,
  call: RedisCall,
): Promise<Page<T>> {
  const sure = items.filter((one) => one !== undefined);
  const freshUntil = endOf(sure) + offset;
  if (sure.length === items.length) return { items: sure, freshUntil };
  const page = await readLive(
    namespace,
    identities.filter((_, index) => items[index] === undefined),
    call,
  );
  const again = new Map(page.items.map((one) => [one.identity, one]));
  const whole: T[] = [];
  for (const [index, identity] of identities.entries()) {
    const found = again.get(identity);
    const item = items[index] ?? (found === undefined ? undefined : map(found));
    if (item !== undefined && (session === undefined || item.session === session)) whole.push(item);
  }
  return { items: whole, freshUntil: Math.min(freshUntil, page.freshUntil) };
}

/** When the first of them ends, by the server's clock. */
function endOf(items: readonly Route[]): number {
  let end = Number.POSITIVE_INFINITY;
  for (const { expiresAt } of items) if (expiresAt !== undefined && expiresAt < end) end = expiresAt;
  return end;
}

function sourceOf({ operation = "scan" }: RedisCall): string {
  return `${NAME}.${operation}`;
}
