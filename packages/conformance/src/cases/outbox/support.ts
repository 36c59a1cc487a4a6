/** What the outbox cases share: transactions, multicasts on their way into them, and relays that take and settle. */

import assert from "node:assert/strict";
import type {
  MulticastStart,
  OutboxBackend,
  OutboxCounts,
  OutboxDelivery,
  OutboxTarget,
  Parcel,
  ParcelSettlement,
  Recorded,
  ShardLease,
} from "@muster/core/slots";
import type { OutboxContext } from "../../case.ts";
import type { OutboxProbe, OwnTransaction } from "../../subject.ts";
import { start } from "../durability/facets.ts";
import { message, pair } from "../durability/support.ts";
import { collect, LONG_MS } from "../support.ts";

/** Serves all shards of most cases. */
export const RELAY = "relay-1";
export const OTHER_RELAY = "relay-2";
const MOST_TARGETS = 10_000;

/** One parcel, with the lease that it was taken by. */
export interface Taken extends Parcel {
  readonly lease: ShardLease;
}

export interface RecordOptions extends Partial<MulticastStart> {
  /** Default: the case's own client. */
  readonly at?: OutboxBackend;
  /** Of all targets; default 1. */
  readonly epoch?: number;
}

export function outboxProbeOf({ subject }: Pick<OutboxContext, "subject">): OutboxProbe {
  assert.ok(subject.outboxProbe !== undefined, "the probe that was there when the run was planned");
  return subject.outboxProbe;
}

export async function begin(ctx: OutboxContext): Promise<OwnTransaction> {
  return outboxProbeOf(ctx).begin();
}

/** Does something in a transaction that is rolled back behind it, whatever happens. */
export async function inVain<T>(ctx: OutboxContext, work: (own: OwnTransaction) => Promise<T>): Promise<T> {
  const own = await begin(ctx);
  try {
    return await work(own);
  } finally {
    await own.rollback();
  }
}

/** A multicast that lives longer than any case. */
export function startOf({ backend }: OutboxContext, id: string, changes: Partial<MulticastStart> = {}): MulticastStart {
  return start(message(id), { ttlMs: Math.min(backend.traits.maxTtlMs, LONG_MS), ...changes });
}

export function targetsOf(identities: readonly string[], epoch = 1): readonly OutboxTarget[] {
  return identities.map((identity) => ({ identity, epoch }));
}

/** Each array is a page. */
export async function* pagesOf<T>(...pages: readonly (readonly T[])[]): AsyncGenerator<readonly T[], void, undefined> {
  for (const page of pages) yield await Promise.resolve(page);
}

/** Records in a transaction that goes on. */
export async function record(
  ctx: OutboxContext,
  { transaction }: Pick<OwnTransaction, "transaction">,
  id: string,
  identities: readonly string[],
  { at = ctx.backend, epoch = 1, ...changes }: RecordOptions = {},
): Promise<Recorded> {
  return at.record(transaction, startOf(ctx, id, changes), pagesOf(targetsOf(identities, epoch)), ctx.call);
}

/** Records and commits. */
export async function send(...[ctx, ...what]: SendArguments): Promise<Recorded> {
  const own = await begin(ctx);
  try {
    return await record(ctx, own, ...what);
  } finally {
    await own.commit();
  }
}

type SendArguments = [ctx: OutboxContext, id: string, identities: readonly string[], options?: RecordOptions];

export function longLease({ backend }: OutboxContext): number {
  return Math.min(backend.traits.maxLeaseMs, 60_000);
}

/** Short enough to wait for its end. */
export function shortLease({ backend }: OutboxContext): number {
  return Math.max(backend.traits.minLeaseMs, 40);
}

export interface RelayOptions {
  /** Default {@link RELAY}. */
  readonly relay?: string;
  readonly at?: OutboxBackend;
  readonly leaseMs?: number;
}

export async function lease(
  ctx: OutboxContext,
  { relay = RELAY, at = ctx.backend, leaseMs = longLease(ctx) }: RelayOptions = {},
): Promise<readonly ShardLease[]> {
  return at.leaseShards(relay, { leaseMs }, ctx.call);
}

/** What is due in each of these shards. */
export async function takeFrom(
  ctx: OutboxContext,
  leases: readonly ShardLease[],
  at: OutboxBackend = ctx.backend,
): Promise<readonly Taken[]> {
  const taken: Taken[] = [];
  for (const one of leases)
    for (const parcel of await at.take(one, { maxTargets: MOST_TARGETS }, ctx.call))
      taken.push({ ...parcel, lease: one });
  return taken;
}

/** What is due in all shards that a relay holds, which it renews. */
export async function take(ctx: OutboxContext, options: RelayOptions = {}): Promise<readonly Taken[]> {
  return takeFrom(ctx, await lease(ctx, options), options.at);
}

/** `id for identity` of all targets. */
export function waitingIn(parcels: readonly Parcel[]): readonly string[] {
  return parcels.flatMap(({ start: begun, targets }) =>
    targets.map(({ identity }) => pair(begun.message.id, identity)),
  );
}

/** Asserts that exactly these are due, as `id for identity`, each once; gives their parcels. */
export async function expectWaiting(
  ctx: OutboxContext,
  expected: readonly string[],
  options: RelayOptions = {},
): Promise<readonly Taken[]> {
  const parcels = await take(ctx, options);
  assert.deepEqual(waitingIn(parcels).toSorted(), expected.toSorted(), "what is due");
  return parcels;
}

/** The parcel of this multicast in which this identity waits. */
export function parcelFor(parcels: readonly Taken[], id: string, identity: string): Taken {
  const parcel = parcels.find(
    (one) => one.start.message.id === id && one.targets.some((target) => target.identity === identity),
  );
  assert.ok(parcel !== undefined, `${pair(id, identity)} is due`);
  return parcel;
}

/** All of it handed over, but for what is said. */
export function settlementOf({ parcel }: Parcel, changes: Partial<ParcelSettlement> = {}): ParcelSettlement {
  return { parcel, as: "handed", failed: [], left: [], ...changes };
}

/** Settles one parcel; gives ids of the multicasts of which nobody waits any more. */
export async function settle(
  ctx: OutboxContext,
  taken: Taken,
  changes: Partial<ParcelSettlement> = {},
  at: OutboxBackend = ctx.backend,
): Promise<readonly string[]> {
  return at.settleMany(taken.lease, [settlementOf(taken, changes)], ctx.call);
}

/** Settles all that is due alike, parcel by parcel. */
export async function settleAll(ctx: OutboxContext, changes: Partial<ParcelSettlement> = {}): Promise<void> {
  for (const taken of await take(ctx)) await settle(ctx, taken, changes);
}

export async function deliveriesOf(
  ctx: OutboxContext,
  id: string,
  query: { readonly after?: string; readonly pageSize?: number } = {},
  at: OutboxBackend = ctx.backend,
): Promise<readonly OutboxDelivery[]> {
  return collect(at.deliveries(id, { pageSize: 100, ...query }, ctx.call));
}

/** Asserts what is known of each that was not handed over, and the counts. */
export async function expectKnown(
  ctx: OutboxContext,
  id: string,
  counts: OutboxCounts,
  statuses: Readonly<Record<string, OutboxDelivery["status"]>>,
): Promise<void> {
  const deliveries = await deliveriesOf(ctx, id);
  assert.deepEqual(Object.fromEntries(deliveries.map(({ identity, status }) => [identity, status])), statuses);
  assert.equal(deliveries.length, Object.keys(statuses).length, "each once");
  assert.deepEqual(await ctx.backend.counts(id, ctx.call), counts);
}
