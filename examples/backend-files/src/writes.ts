/** One entry of a batch, under the lock of its namespace: who may write what. */

import type { DeleteKey, DeleteOutcome, Lease, LeaseOutcome, SetEntry, SetMode, SetOutcome } from "@muster/core/slots";
import { isSession } from "./keys.ts";
import { isExpired, newLife, renewed, rewritten } from "./lives.ts";
import type { Records } from "./records.ts";

export async function set(records: Records, entry: SetEntry, maxIdentities: number): Promise<SetOutcome> {
  const now = Date.now();
  const standing = await records.standing(entry.identity);
  const current = standing && !isExpired(standing.registration, now) ? standing.registration : undefined;
  if (current?.attempt === entry.attempt) return { stored: current };
  if (entry.sessionBound && (await records.isOffline(entry, now))) return { refused: "session" };
  if (typeof entry.mode === "object") return rewrite(records, entry, entry.mode);
  if (entry.mode === "create" && current !== undefined && !(await records.isOffline(current, now)))
    return { refused: "exists", current };
  // Who has expired is counted until that step is confirmed, and leaves room for a successor.
  const isNewlyCounted = standing === undefined && !isSession(entry.identity);
  if (isNewlyCounted && maxIdentities < Number.POSITIVE_INFINITY && (await records.count()) >= maxIdentities)
    return { refused: "quota" };
  const life = newLife(entry, await records.nextEpoch(now), now);
  await records.begin(life, standing);
  return { stored: life.registration };
}

async function rewrite(records: Records, entry: SetEntry, mode: Exclude<SetMode, string>): Promise<SetOutcome> {
  const now = Date.now();
  const live = await records.live(entry.identity, now);
  if (live === undefined) return { refused: "fenced" };
  const { registration: current } = live;
  if (current.epoch !== mode.epoch) return { refused: "fenced", current };
  if (mode.revision !== undefined && current.revision !== mode.revision) return { refused: "conflict", current };
  const life = rewritten(live, entry, now);
  return (await records.change(life, live)) ? { stored: life.registration } : { refused: "fenced" };
}

export async function renew(records: Records, lease: Lease): Promise<LeaseOutcome> {
  const now = Date.now();
  const live = await records.live(lease.identity, now);
  if (live === undefined) return "absent";
  if (live.registration.epoch !== lease.epoch) return "fenced";
  const life = renewed(live, lease, now);
  const { expiresAt, ttlMs } = life.registration;
  const isSame =
    expiresAt === live.registration.expiresAt &&
    ttlMs === live.registration.ttlMs &&
    life.isSessionBound === live.isSessionBound;
  if (isSame || (await records.change(life, live))) return expiresAt ?? "never";
  return "absent";
}

export async function remove(records: Records, key: DeleteKey): Promise<DeleteOutcome> {
  const live = await records.live(key.identity, Date.now());
  if (live === undefined) return "absent";
  const { epoch, attempt } = live.registration;
  if ("epoch" in key ? epoch !== key.epoch : attempt !== key.attempt) return "fenced";
  await records.removeStanding(key.identity);
  return "deleted";
}
