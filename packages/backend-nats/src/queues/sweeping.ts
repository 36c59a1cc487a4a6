/**
 * The contract's `sweep`. Streams are in the order of their last writing, so what nobody needs any more is in front: it is
 * looked through from there, what is still needed is written again, to the end, and the rest is cut off with one request.
 */

import type { QueueCall } from "../jetstream/call.ts";
import type { Pulled } from "../jetstream/pull.ts";
import { scan } from "../jetstream/scan.ts";
import { PARKED } from "../keys.ts";
import { attachmentIn } from "./attachments.ts";
import { pullFrom } from "./dequeueing.ts";
import { entriesOf, listFor } from "./entries.ts";
import { unframed } from "./frames.ts";
import { type Intent, judge } from "./judging.ts";
import type { Space } from "./space.ts";
import { isOver, stateIn } from "./states.ts";
import type { StoredHead } from "./stored-messages.ts";

/** Of each kind, by one call. */
const MOST = 1_000;
/** Queues of sessions that nobody asks for any more are looked through so often. */
const LEFT_BEHIND_EVERY_MS = 300_000;

export async function sweep(space: Space, limit: number, call: QueueCall): Promise<number> {
  if (!(limit >= 1)) return 0;
  const most = Math.min(Math.floor(limit), MOST);
  await space.attachments.sync();
  const { scope, subjects } = space;
  return (
    (await endParked(space, most, call)) +
    (await endLeftBehind(space, most, call)) +
    (await cutOff(space, subjects.states, scope.trackingRetentionMs, most, call)) +
    (await cutOff(
      space,
      subjects.records,
      Math.min(scope.trackingRetentionMs, scope.deadLetterRetentionMs),
      most,
      call,
    ))
  );
}

async function endParked(space: Space, most: number, call: QueueCall): Promise<number> {
  return endedIn(space, PARKED, { most, intent: "leave until it expires" }, call);
}

/** Nobody pulls for a session that is no more. Who it served is attached elsewhere by now, or to nothing. */
async function endLeftBehind(space: Space, most: number, call: QueueCall): Promise<number> {
  const { jetStream, subjects, swept } = space;
  const now = performance.now();
  if (now - swept.at < LEFT_BEHIND_EVERY_MS) return 0;
  const { consumers } = await jetStream.manage<{ consumers: readonly string[] | null }>(
    `CONSUMER.NAMES.${subjects.queue}`,
    {},
    call,
  );
  const served = new Set(consumers ?? []);
  const sessions = new Set<string>();
  for (const { session, trail } of space.attachments.all())
    for (const one of session === undefined ? trail : [session, ...trail]) sessions.add(subjects.placeOf(one));
  let ended = 0;
  for (const place of sessions)
    if (!served.has(place)) ended += await endedIn(space, place, { most, intent: "leave" }, call);
  if (await forgetDetached(space, most, call)) swept.at = now;
  return ended;
}

/**
 * Who has been attached nowhere for so long, and has nothing waiting, is forgotten, and with him what was dropped. One is
 * always left: a stream without any is one that has been made anew. False: there may be more.
 */
async function forgetDetached(space: Space, most: number, call: QueueCall): Promise<boolean> {
  const { attachments, clock, jetStream, scope, subjects } = space;
  const before = clock.now - scope.trackingRetentionMs;
  const first = await jetStream.get(subjects.attachments, { seq: 1, next_by_subj: ">" }, call);
  if (first === undefined || first.time > before) return true;
  const found = await scan(jetStream, subjects.attachments, { limit: most }, call);
  const recent = found.findIndex(({ time }) => time > before);
  const old = found.slice(0, recent < 0 ? -1 : recent);
  await cutOffBut(space, subjects.attachments, old, await neededAttachments(space, old, call), call);
  await attachments.sync();
  attachments.forget(before);
  return found.length < most;
}

async function neededAttachments(space: Space, old: readonly Pulled[], call: QueueCall): Promise<ReadonlySet<Pulled>> {
  const all = old.map((stored) => ({ stored, attachment: attachmentIn(stored.data) }));
  const list = await listFor(all.length, space, call);
  const needed = await Promise.all(
    all.map(async ({ stored, attachment: { identity, session } }) => {
      const isNeeded = session !== undefined || (await entriesOf(space, identity, call, list)).length > 0;
      return isNeeded ? [stored] : [];
    }),
  );
  return new Set(needed.flat());
}

async function endedIn(
  space: Space,
  place: string,
  { most, intent }: { readonly most: number; readonly intent: Intent },
  call: QueueCall,
): Promise<number> {
  const pulled = await pullFrom(space, place, { batch: most, waitMs: 0 }, call);
  const verdicts = await Promise.all(pulled.map(async (one) => judge(space, place, one, intent, call)));
  return verdicts.filter((verdict) => verdict === "ended").length;
}

async function cutOff(
  space: Space,
  stream: string,
  retentionMs: number,
  most: number,
  call: QueueCall,
): Promise<number> {
  const { jetStream, clock } = space;
  const isOld = (time: number): boolean => time + retentionMs <= clock.now;
  const first = await jetStream.get(stream, { seq: 1, next_by_subj: ">" }, call);
  if (first === undefined || !isOld(first.time)) return 0;
  const found = await scan(jetStream, stream, { limit: most }, call);
  const recent = found.findIndex(({ time }) => !isOld(time));
  const old = recent < 0 ? found : found.slice(0, recent);
  const needed = new Set(old.filter((one) => isNeeded(space, one)));
  await cutOffBut(space, stream, old, needed, call);
  return old.length - needed.size;
}

/** @param old what is first in the stream, without a gap. */
async function cutOffBut(
  { jetStream }: Space,
  stream: string,
  old: readonly Pulled[],
  needed: ReadonlySet<Pulled>,
  call: QueueCall,
): Promise<void> {
  await Promise.all(
    Array.from(needed, async ({ subject, data, sequence }) =>
      jetStream.publish(subject, data, { expected: sequence }, call),
    ),
  );
  const last = old.at(-1);
  if (last !== undefined) await jetStream.purge(stream, last.sequence + 1, call);
}

function isNeeded({ subjects, clock, scope }: Space, { subject, data, time }: Pulled): boolean {
  if (subjects.isState(subject)) {
    const state = stateIn(data);
    return !isOver(state) && Math.max(state.expiresAt, state.until ?? 0) > clock.now;
  }
  if (subjects.isMessage(subject)) return unframed<StoredHead>(data).head.until > clock.now;
  const isLetter = subjects.isLetter(subject);
  return time + (isLetter ? scope.deadLetterRetentionMs : scope.trackingRetentionMs) > clock.now;
}
