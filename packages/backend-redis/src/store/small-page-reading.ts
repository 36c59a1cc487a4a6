/** What a script has answered of a stretch of an index, as a page: with all of its records, or with those that are new. */

import type { Registration } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { isLive, isRecordOf, metadataText, splitStamps, StampReader } from "../codec.ts";
import type { KeptPage, KeptRecord } from "./kept-pages.ts";
import type { Namespace } from "./namespace.ts";
import { completed, type Known, type Moment, readTexts, splitByBytes } from "./page-reading.ts";
import { endOf, type Page, readLive, registrationIn } from "./reading.ts";
import { bytesIn, listIn, numberIn } from "./replies.ts";
import type { Selector } from "./selecting.ts";

/** Of candidates up to an identity; `last` is absent where that was all. */
export interface SmallPage extends Page<Registration> {
  readonly last: string | undefined;
}

/** Of `stretchScript`. */
export interface StretchAnswer {
  readonly reply: readonly unknown[];
  /** By `performance.now()`. */
  readonly sentAt: number;
  /** As many candidates were asked for. */
  readonly size: number;
}

/** All of it has been read by the script, which may have stopped where records are large. */
export function readAtOnce(
  { servers }: Namespace,
  { reply, sentAt, size }: StretchAnswer,
  selector: Selector,
): SmallPage {
  const [now, identities, stamps, records] = [numberIn(reply[0]), listIn(reply[1]), listIn(reply[2]), listIn(reply[3])];
  const reader = new StampReader(servers);
  const items: Registration[] = [];
  let last = "";
  for (const [index, record] of records.entries()) {
    last = bytesIn(identities[index]).toString();
    const stamp = bytesIn(stamps[index]);
    if (stamp.length === 0) continue;
    const found = registrationIn(last, { stamp, record, time: now }, { reader, selector });
    if (found !== undefined) items.push(found);
  }
  const isAll = identities.length < size && records.length === identities.length;
  return { items, freshUntil: endOf(items) + sentAt - now, last: isAll ? undefined : last };
}

/**
 * Without records: whose stamp is as it was has the one that was kept, and those of the others are read now, a mebibyte of
 * them at most.
 */
export async function readChanged(
  namespace: Namespace,
  { reply, sentAt, size }: StretchAnswer,
  { kept, selector }: { readonly kept: KeptPage; readonly selector: Selector },
  call: RedisCall,
): Promise<{ readonly page: SmallPage; readonly kept: KeptPage }> {
  const [now, names, stamps] = [numberIn(reply[0]), bytesIn(reply[1]), bytesIn(reply[2])];
  const moment = { now, offset: sentAt - now };
  if (kept.texts?.names.equals(names) === true && kept.texts.stamps.equals(stamps)) {
    const page = await selected(namespace, { records: kept.records, moment }, selector, call);
    const last = kept.records.size < size ? undefined : Array.from(kept.records.keys()).at(-1);
    return { page: { ...page, last }, kept };
  }
  const identities = names.length === 0 ? [] : names.toString().split("\0");
  const listed = splitStamps(stamps).flatMap((stamp, index) => {
    const identity = identities[index];
    return stamp === undefined || identity === undefined ? [] : [{ identity, stamp }];
  });
  const { records, isCut } = await recordsOf(namespace, { listed, kept, moment }, call);
  const page = await selected(namespace, { records, moment }, selector, call);
  const last = isCut ? Array.from(records.keys()).at(-1) : identities.length < size ? undefined : identities.at(-1);
  const found = new Map<string, KeptRecord>();
  for (const [identity, record] of records) if (record !== undefined) found.set(identity, record);
  const isWhole = found.size === identities.length;
  const texts = isWhole ? { names: Buffer.from(names), stamps: Buffer.from(stamps) } : undefined;
  return { page: { ...page, last }, kept: { texts, records: found } };
}

/** By identity, in order; `undefined` where it is another than that of the stamp. */
type Records = ReadonlyMap<string, KeptRecord | undefined>;

/** Of those who are listed, or of the first of them: what was kept, and what is another now. */
async function recordsOf(
  namespace: Namespace,
  { listed, kept, moment }: { readonly listed: readonly Known[]; readonly kept: KeptPage; readonly moment: Moment },
  call: RedisCall,
): Promise<{ readonly records: Records; readonly isCut: boolean }> {
  const isKept = (one: Known): boolean => kept.records.get(one.identity)?.written === writtenAs(one);
  const changed = listed.filter((one) => !isKept(one));
  const [part, later] = splitByBytes({ known: changed, moment });
  const read = part === undefined || changed.length === 0 ? undefined : await readNow(namespace, part.known, call);
  const end = later?.known[0];
  const isNew = new Set(changed);
  const records = new Map<string, KeptRecord | undefined>();
  for (const one of listed) {
    if (one === end) break;
    records.set(one.identity, (isNew.has(one) ? read : kept.records)?.get(one.identity));
  }
  return { records, isCut: end !== undefined };
}

/** Those whose record is the one of their stamp. */
async function readNow(
  namespace: Namespace,
  known: readonly Known[],
  call: RedisCall,
): Promise<ReadonlyMap<string, KeptRecord>> {
  const texts = await readTexts(namespace, known, call);
  const reader = new StampReader(namespace.servers);
  const records = new Map<string, KeptRecord>();
  for (const [index, one] of known.entries()) {
    const stamp = reader.read(one.stamp);
    const text = texts[index];
    if (text === undefined || !isRecordOf(stamp, text)) continue;
    records.set(one.identity, { written: writtenAs(one), stamp, json: metadataText(text) });
  }
  return records;
}

/** Who has been written, or has expired, since his stamp was read is read again. */
async function selected(
  namespace: Namespace,
  { records, moment }: { readonly records: Records; readonly moment: Moment },
  selector: Selector,
  call: RedisCall,
): Promise<Page<Registration>> {
  const present = performance.now() - moment.offset;
  const items: Registration[] = [];
  const stale: string[] = [];
  for (const [identity, record] of records) {
    if (record === undefined) {
      stale.push(identity);
      continue;
    }
    const { stamp, json } = record;
    if (isLive(stamp, present)) {
      const found = selector.mayGive?.(json) === false ? undefined : selector.give(identity, stamp, json);
      if (found !== undefined) items.push(found);
    } else if (isLive(stamp, moment.now)) stale.push(identity);
  }
  const page = { items, freshUntil: endOf(items) + moment.offset };
  if (stale.length === 0) return page;
  const known = Array.from(records.keys(), (identity) => ({ identity }));
  return completed({ known, session: undefined }, page, await readLive(namespace, stale, selector, call));
}

function writtenAs({ stamp }: Known): string {
  return stamp.toString("latin1");
}
