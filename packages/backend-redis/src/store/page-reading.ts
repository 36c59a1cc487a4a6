/** Reading a page by plain commands, which the server answers three times as fast as a script. */

import type { Registration, Route } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { hasExpired, isLive, isRecordOf, metadataText, recordBytes, routeOf, StampReader } from "../codec.ts";
import { NAME } from "../errors.ts";
import { clockScript } from "../scripts/records.ts";
import type { Namespace } from "./namespace.ts";
import { EMPTY_PAGE, endOf, type Page, readLive } from "./reading.ts";
import { bytesIn, listIn, optionalTextIn, textIn } from "./replies.ts";
import { EVERY_RECORD, type Selector } from "./selecting.ts";

/** Of records in one answer: the server copies them in half a millisecond. */
const MAX_BYTES = 1_048_576;

/** Which of them pages are taken from. */
export interface PageQuery {
  /** Up to a thousand. */
  readonly size: number;
  /** Only those that it serves. */
  readonly session: string | undefined;
}

/** Which records are given out. */
export interface RecordQuery extends Pick<PageQuery, "session"> {
  readonly selector: Selector;
}

/** One of those that were listed. */
export interface Known {
  readonly identity: string;
  readonly stamp: Buffer;
}

/** Who of those that were listed was known at one moment, alive or not. */
export interface Stamped {
  readonly known: readonly Known[];
  readonly moment: Moment;
}

export interface Moment {
  /** By the server's clock; no later than what was read. */
  readonly now: number;
  /** What turns an instant of the server's clock into one of `performance.now()` that is not later. */
  readonly offset: number;
}

/** Up to `size` who stand behind an identity, in order: one command. */
export async function listIdentities(
  { client, keys }: Namespace,
  { size, session }: PageQuery,
  after: string | undefined,
  call: RedisCall,
): Promise<readonly string[]> {
  // What a session serves stands together, for no session's id holds a NUL.
  const prefix = session === undefined ? "" : `${session}\0`;
  const [key, all, end] =
    session === undefined ? [keys.order, "-", "+"] : [keys.members, `[${prefix}`, `(${session}\u0001`];
  const start = after === undefined ? all : `(${prefix}${after}`;
  const reply = await client.send("zrange", [key, start, end, "BYLEX", "LIMIT", 0, size], call, sourceOf(call));
  return listIn(reply).map((member) => textIn(member).slice(prefix.length));
}

/**
 * The stamps of those that are known. Who has gone since he was listed is passed over.
 *
 * The clock is read before them: what has been renewed in between lives by its stamp, and what has expired in between is
 * found out by {@link readRecords} and {@link readRoutes}.
 */
export async function readStamps(
  { client, keys }: Namespace,
  listed: readonly string[],
  call: RedisCall,
): Promise<Stamped> {
  const source = sourceOf(call);
  const sentAt = performance.now();
  const [time, found] = await Promise.all([
    client.send("eval", [clockScript.lua, 1, keys.stamps], call, source),
    client.send("hmget", [keys.stamps, ...listed], call, source, "bytes"),
  ]);
  const [seconds, micros] = listIn(time);
  const now = Number(seconds) * 1_000 + Number(micros) / 1_000;
  const stamps = listIn(found);
  const known: Known[] = [];
  for (const [index, identity] of listed.entries()) {
    const stamp = stamps[index] ?? undefined;
    if (stamp !== undefined) known.push({ identity, stamp: bytesIn(stamp) });
  }
  return { known, moment: { now, offset: sentAt - now } };
}

/** Parts of which one command may read the records: a mebibyte, or one record. */
export function splitByBytes({ known, moment }: Stamped): readonly Stamped[] {
  const parts: Stamped[] = [];
  let [start, size] = [0, 0];
  for (const [index, { stamp }] of known.entries()) {
    const bytes = recordBytes(stamp);
    if (index > start && size + bytes > MAX_BYTES) {
      parts.push({ known: known.slice(start, index), moment });
      [start, size] = [index, 0];
    }
    size += bytes;
  }
  return [...parts, { known: known.slice(start), moment }];
}

/** Their records, by one command; `undefined` where there is none. */
export async function readTexts(
  { client, keys }: Namespace,
  known: readonly Known[],
  call: RedisCall,
): Promise<readonly (string | undefined)[]> {
  const names = known.map(({ identity }) => identity);
  return listIn(await client.send("hmget", [keys.records, ...names], call, sourceOf(call))).map(optionalTextIn);
}

/**
 * A page with metadata, by one command; what has been written or has expired since its stamp was read is read again. Who is
 * ruled out by the text of his record is ruled out whatever his stamp, which is not even taken apart then.
 */
export async function readRecords(
  namespace: Namespace,
  { known, moment }: Stamped,
  { selector, session }: RecordQuery,
  call: RedisCall,
): Promise<Page<Registration>> {
  if (known.length === 0) return EMPTY_PAGE;
  const records = await readTexts(namespace, known, call);
  const present = performance.now() - moment.offset;
  const reader = new StampReader(namespace.servers);
  const items: Registration[] = [];
  const stale: string[] = [];
  for (const [index, { identity, stamp: bytes }] of known.entries()) {
    const record = records[index];
    const json = record === undefined ? "" : metadataText(record);
    if (record !== undefined && selector.mayGive?.(json) === false) continue;
    const stamp = reader.read(bytes);
    if (!isLive(stamp, moment.now) || isOfAnother(session, stamp)) continue;
    if (record !== undefined && isLive(stamp, present) && isRecordOf(stamp, record)) {
      const given = selector.give(identity, stamp, json);
      if (given !== undefined) items.push(given);
    } else stale.push(identity);
  }
  const page = pageOf(items, moment);
  if (stale.length === 0) return page;
  return completed({ known, session }, page, await readLive(namespace, stale, selector, call));
}

/** A page for which metadata is neither read nor sent, unless somebody has expired since his stamp was read. */
export async function readRoutes(
  namespace: Namespace,
  listed: readonly string[],
  session: string | undefined,
  call: RedisCall,
): Promise<Page<Route>> {
  const { known, moment } = await readStamps(namespace, listed, call);
  const present = performance.now() - moment.offset;
  const reader = new StampReader(namespace.servers);
  const items: Route[] = [];
  const stale: string[] = [];
  for (const { identity, stamp } of known) {
    const route = reader.readRoute(identity, stamp);
    if (route === undefined || hasExpired(route, moment.now) || isOfAnother(session, route)) continue;
    if (hasExpired(route, present)) stale.push(identity);
    else items.push(route);
  }
  const page = pageOf(items, moment);
  if (stale.length === 0) return page;
  const { items: again, freshUntil } = await readLive(namespace, stale, EVERY_RECORD, call);
  const routes = again.map((one) => routeOf(one.identity, one));
  return completed({ known, session }, page, { items: routes, freshUntil });
}

/** With what had to be read again, stamp and record together, for then nothing but one script knows. */
export function completed<T extends Route>(
  { known, session }: { readonly known: readonly Pick<Known, "identity">[] } & Pick<PageQuery, "session">,
  page: Page<T>,
  again: Page<T>,
): Page<T> {
  const readAgain = again.items.filter((one) => !isOfAnother(session, one));
  const found = new Map([...page.items, ...readAgain].map((one) => [one.identity, one]));
  const items = known.flatMap(({ identity }) => found.get(identity) ?? []);
  return { items, freshUntil: Math.min(page.freshUntil, again.freshUntil) };
}

function pageOf<T extends Route>(items: readonly T[], { offset }: Moment): Page<T> {
  return { items, freshUntil: endOf(items) + offset };
}

/** Whether it is not served by the session that is asked for. */
function isOfAnother(asked: string | undefined, { session }: Pick<Route, "session">): boolean {
  return asked !== undefined && session !== asked;
}

function sourceOf({ operation = "scan" }: RedisCall): string {
  return `${NAME}.${operation}`;
}

/** For `keptShapes`. */
export function shapesOfPages(stamp: Buffer): readonly unknown[] {
  const stamped: Stamped = { known: [{ identity: "", stamp }], moment: { now: 0, offset: 0 } };
  return [stamped, pageOf([], stamped.moment)];
}
