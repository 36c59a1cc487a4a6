/** How registrations end: the contract's `reap` and `confirmMany`. */

import type { ReapStep } from "@muster/core/slots";
import type { Row, Store } from "../store/store.ts";
import { count } from "./counting.ts";
import { remove } from "./delete-many.ts";
import { describe, find, isSession } from "./standing.ts";

export interface ReapArgs {
  readonly namespace: string;
  readonly limit: number;
  readonly claimMs: number;
  readonly graceMs: number;
}

export type Claim = readonly [step: ReapStep, registration: Row];

interface Due {
  readonly identity: string;
  readonly step: ReapStep;
  readonly dueAt: number;
  readonly epoch: number;
}

/** Both ask an index, which has them in this order. */
const EXPIRED = `select identity, expires_at, epoch from muster_registrations
  where namespace = ?1 and buried_at is null and expires_at <= ?2 and (claimed_until is null or claimed_until <= ?3)
  order by expires_at limit ?4`;
const BURIED = `select identity, buried_at, epoch from muster_registrations
  where namespace = ?1 and buried_at <= ?2 and (claimed_until is null or claimed_until <= ?3)
  order by buried_at limit ?4`;

export function reap(store: Store, { namespace, limit, claimMs, graceMs }: ReapArgs): readonly Claim[] {
  const now = store.now();
  const due = [
    ...store.all(EXPIRED, [namespace, now, now, limit]).map((row) => dueIn(row, "expired", 0)),
    ...store.all(BURIED, [namespace, now - graceMs, now, limit]).map((row) => dueIn(row, "over", graceMs)),
  ];
  due.sort((a, b) => a.dueAt - b.dueAt || a.epoch - b.epoch);
  return due.slice(0, limit).flatMap(({ identity, step }): readonly Claim[] => {
    store.run("update muster_registrations set claimed_until = ? where namespace = ? and identity = ?", [
      now + claimMs,
      namespace,
      identity,
    ]);
    const row = describe(store, namespace, identity);
    return row === undefined ? [] : [[step, row]];
  });
}

function dueIn([identity, at, epoch]: Row, step: ReapStep, afterMs: number): Due {
  return { identity: String(identity), step, dueAt: Number(at) + afterMs, epoch: Number(epoch) };
}

export interface ConfirmManyArgs {
  readonly namespace: string;
  readonly claims: readonly { readonly identity: string; readonly epoch: number; readonly step: ReapStep }[];
}

const BURY = "update muster_registrations set buried_at = ?, claimed_until = null where namespace = ? and identity = ?";

export function confirmMany(store: Store, { namespace, claims }: ConfirmManyArgs): void {
  const now = store.now();
  let uncounted = 0;
  for (const { identity, epoch, step } of claims) {
    const standing = find(store, namespace, identity);
    if (standing === undefined || standing.epoch !== epoch) continue;
    if (step === "over" && standing.isBuried) remove(store, namespace, identity);
    if (step === "over" || standing.isBuried || standing.expiresAt === null || standing.expiresAt > now) continue;
    store.run(BURY, [now, namespace, identity]);
    if (!isSession(identity)) uncounted += 1;
  }
  count(store, namespace, -uncounted);
}
