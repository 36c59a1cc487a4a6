/** What a script has answered of a stretch of an index, as a page: with all of its records, or with those that are new. */

import type { Registration } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { isLive, isRecordOf, metadataText, StampReader } from "../codec.ts";
import type { KeptPage, KeptRecord } from "./kept-pages.ts";
import type { Namespace } from "./namespace.ts";
import { completed, type Known, readTexts, splitByBytes, type Stamped } from "./page-reading.ts";
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
export function readAtOnce({ servers }: Namespace, answer: StretchAnswer, selector: Selector): SmallPage {
  const { now, identities, stamps, records } = partsOf(answer);
  const reader = new StampReader(servers);
  const items: Registration[] = [];
  for (const [index, record] of records.entries()) {
    const read = { stamp: stamps[index], record, time: now };
    const found = registrationIn(textAt(identities, index), read, { reader, selector });
    if (found !== undefined) items.push(found);
  }
  const isAll = identities.length < answer.size && records.length === identities.length;
  const last = isAll ? undefined : textAt(identities, records.length - 1);
  return { items, freshUntil: endOf(items) + answer.sentAt - now, last };
}

/**
 * Without records: whose stamp is as it was has the one that was kept, and those of the others are read now, a mebibyte of
 * them at most. What has been written or has expired since its stamp was read is read again.
 */
export async function readChanged(
  namespace: Namespace,
  answer: StretchAnswer,
  { kept, selector }: { readonly kept: KeptPage; readonly selector: Selector },
  call: RedisCall,
): Promise<{ readonly page: SmallPage; readonly kept: KeptPage }> {
  const { now, identities, stamps } = partsOf(answer);
  const moment = { now, offset: answer.sentAt - now };
  const records = new Map<string, KeptRecord>();
  const [listed, changed]: [Known[], Known[]] = [[], []];
  for (const [index, stamp] of stamps.entries()) {
    if (stamp === null) continue;
    const one = { identity: textAt(identities, index), stamp: bytesIn(stamp) };
    const before = kept.get(one.identity);
    if (before?.written === writtenAs(one)) records.set(one.identity, before);
    else changed.push(one);
    listed.push(one);
  }
  const [part, later] = splitByBytes({ known: changed, moment });
  if (changed.length > 0) await readInto(records, namespace, part?.known ?? [], call);
  const end = later?.known[0];
  const known = end === undefined ? listed : listed.slice(0, listed.indexOf(end));
  const page = await selected(namespace, { known, moment }, { records, selector }, call);
  if (end !== undefined) return { page: { ...page, last: known.at(-1)?.identity }, kept: records };
  const last = identities.length < answer.size ? undefined : textAt(identities, identities.length - 1);
  return { page: { ...page, last }, kept: records };
}

/** Who has no record here, or has expired since his stamp was read, is read again. */
async function selected(
  namespace: Namespace,
  { known, moment }: Stamped,
  { records, selector }: { readonly records: KeptPage; readonly selector: Selector },
  call: RedisCall,
): Promise<Page<Registration>> {
  const present = performance.now() - moment.offset;
  const items: Registration[] = [];
  const stale: string[] = [];
  for (const { identity } of known) {
    const record = records.get(identity);
    if (record !== undefined && !isLive(record.stamp, moment.now)) continue;
    if (record !== undefined && isLive(record.stamp, present)) {
      const { stamp, json } = record;
      const found = selector.mayGive?.(json) === false ? undefined : selector.give(identity, stamp, json);
      if (found !== undefined) items.push(found);
    } else stale.push(identity);
  }
  const page = { items, freshUntil: endOf(items) + moment.offset };
  if (stale.length === 0) return page;
  return completed({ known, session: undefined }, page, await readLive(namespace, stale, selector, call));
}

/** Those whose record is the one of their stamp. */
async function readInto(
  records: Map<string, KeptRecord>,
  namespace: Namespace,
  known: readonly Known[],
  call: RedisCall,
): Promise<void> {
  const texts = await readTexts(namespace, known, call);
  const reader = new StampReader(namespace.servers);
  for (const [index, one] of known.entries()) {
    const stamp = reader.read(one.stamp);
    const text = texts[index];
    if (text === undefined || !isRecordOf(stamp, text)) continue;
    records.set(one.identity, { written: writtenAs(one), stamp, json: metadataText(text) });
  }
}

/** As the script's header says. */
function partsOf({ reply }: StretchAnswer): {
  readonly now: number;
  readonly identities: readonly unknown[];
  readonly stamps: readonly unknown[];
  readonly records: readonly unknown[];
} {
  const [now, identities, stamps, records] = reply;
  return { now: numberIn(now), identities: listIn(identities), stamps: listIn(stamps), records: listIn(records) };
}

function textAt(texts: readonly unknown[], index: number): string {
  return bytesIn(texts[index]).toString();
}

function writtenAs({ stamp }: Known): string {
  return stamp.toString("latin1");
}
