/** Both steps of an end, claimed and confirmed. */

import type { ReapClaim, ReapStep } from "@muster/core/slots";
import type { Steps } from "./client.ts";
import type { StoredRecord } from "./codec.ts";
import { isExpired } from "./lives.ts";
import type { NamespaceFolder } from "./namespace-folder.ts";
import type { Records } from "./records.ts";

export interface ReapOptions {
  readonly limit: number;
  readonly claimMs: number;
  readonly graceMs: number;
}

/** Whose next step seems due, oldest first: read without the lock, so to be looked at again by {@link claimSteps}. */
export async function dueRecords(
  folder: NamespaceFolder,
  graceMs: number,
  steps: Steps,
): Promise<readonly StoredRecord[]> {
  const now = Date.now();
  const due: StoredRecord[] = [];
  for (const place of ["identities", "sessions", "tombstones"] as const) {
    const records = await folder.readAll(await folder.list(place, steps), steps);
    for (const record of records) if (record !== undefined && isDue(record, graceMs, now)) due.push(record);
  }
  return due.sort((a, b) => dueAt(a, graceMs) - dueAt(b, graceMs) || a.registration.epoch - b.registration.epoch);
}

export async function claimSteps(
  records: Records,
  due: readonly StoredRecord[],
  { limit, claimMs, graceMs }: ReapOptions,
): Promise<readonly ReapClaim[]> {
  const claims: ReapClaim[] = [];
  for (const { registration } of due) {
    if (claims.length >= limit) break;
    const now = Date.now();
    const record = await latest(records, registration.identity);
    if (record?.registration.epoch !== registration.epoch || !isDue(record, graceMs, now)) continue;
    await records.claim({ ...record, claimedUntil: now + claimMs });
    claims.push({ registration: record.registration, step: stepOf(record) });
  }
  return claims;
}

export async function confirmStep(records: Records, { registration, step }: ReapClaim): Promise<void> {
  const now = Date.now();
  const record = await latest(records, registration.identity);
  if (record?.registration.epoch !== registration.epoch || stepOf(record) !== step) return;
  if (step === "over") await records.removeTombstone(registration.identity);
  else if (isExpired(record.registration, now)) await records.bury(record, now);
}

/** The one that stands; beside it a tombstone means nothing, and a crash has left it there. */
async function latest(records: Records, identity: string): Promise<StoredRecord | undefined> {
  return (await records.standing(identity)) ?? (await records.tombstone(identity));
}

function isDue(record: StoredRecord, graceMs: number, now: number): boolean {
  return dueAt(record, graceMs) <= now && (record.claimedUntil ?? 0) <= now;
}

function dueAt({ registration, buriedAt }: StoredRecord, graceMs: number): number {
  return buriedAt === undefined ? (registration.expiresAt ?? Number.POSITIVE_INFINITY) : buriedAt + graceMs;
}

function stepOf({ buriedAt }: StoredRecord): ReapStep {
  return buriedAt === undefined ? "expired" : "over";
}
