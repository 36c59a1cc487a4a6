/** What tests of the outbox share. */

import type {
  MulticastStart,
  OutboxBackend,
  OutboxTarget,
  Parcel,
  ParcelSettlement,
  Recorded,
  Scope,
  ShardLease,
} from "@muster/core/slots";
import type { Server } from "@muster/servers";
import { freshNamespace, within } from "@muster/testing";
import { message, targets } from "@muster/testing/durability";
import { Client } from "pg";
import { type PostgresOutboxOptions, type PostgresTransaction, postgresOutbox } from "../../src/index.ts";
import { SECOND } from "../queues/support.ts";

export type Outbox = OutboxBackend<PostgresTransaction>;

export async function openedOutbox(options: PostgresOutboxOptions, scope: Partial<Scope> = {}): Promise<Outbox> {
  const outbox = postgresOutbox(options);
  await outbox.open({ namespace: freshNamespace(), ...scope }, within(10 * SECOND));
  return outbox;
}

/** A connection of somebody who uses Muster. */
export async function callerOf({ url }: Pick<Server, "url">): Promise<Client & AsyncDisposable> {
  const client = new Client({ connectionString: `${url}/postgres` });
  client.on("error", () => undefined);
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: async () => client.end() });
}

export function start(id: string, changes: Partial<MulticastStart> = {}): MulticastStart {
  return { message: message(id), idempotencyKey: undefined, digest: "d", filter: null, ttlMs: 600_000, ...changes };
}

export async function* pagesOf(
  identities: readonly string[],
  pageSize = 1_000,
): AsyncGenerator<readonly OutboxTarget[], void, undefined> {
  for (let from = 0; from < identities.length; from += pageSize) yield targets(identities.slice(from, from + pageSize));
}

export async function record(
  outbox: Outbox,
  transaction: PostgresTransaction,
  id: string,
  identities: readonly string[],
  changes: Partial<MulticastStart> = {},
): Promise<Recorded> {
  return outbox.record(transaction, start(id, changes), pagesOf(identities), within(20 * SECOND));
}

/** In a transaction of its own. */
export async function commit(
  outbox: Outbox,
  caller: Client,
  id: string,
  identities: readonly string[],
  changes: Partial<MulticastStart> = {},
): Promise<Recorded> {
  await caller.query("begin");
  const recorded = await record(outbox, caller, id, identities, changes);
  await caller.query("commit");
  return recorded;
}

export interface Taken extends Parcel {
  readonly lease: ShardLease;
}

export async function lease(outbox: Outbox, relay = "relay", leaseMs = 60_000): Promise<readonly ShardLease[]> {
  return outbox.leaseShards(relay, { leaseMs }, within(10 * SECOND));
}

/** Of all these shards. */
export async function takeAll(
  outbox: Outbox,
  leases: readonly ShardLease[],
  maxTargets = 100_000,
): Promise<readonly Taken[]> {
  const taken: Taken[] = [];
  for (const one of leases)
    for (const parcel of await outbox.take(one, { maxTargets }, within(10 * SECOND)))
      taken.push({ ...parcel, lease: one });
  return taken;
}

export function identitiesIn(parcels: readonly Parcel[]): readonly string[] {
  return parcels.flatMap((parcel) => parcel.targets.map(({ identity }) => identity)).toSorted();
}

export function whole(parcel: Parcel, as: ParcelSettlement["as"] = "handed"): ParcelSettlement {
  return { parcel: parcel.parcel, as, failed: [], left: [] };
}

/** Shard by shard. Answers what was told. */
export async function settleAll(
  outbox: Outbox,
  taken: readonly Taken[],
  settlementOf: (parcel: Taken) => ParcelSettlement = whole,
): Promise<readonly string[]> {
  const told: string[] = [];
  const leases = new Set(taken.map((parcel) => parcel.lease));
  for (const one of leases) {
    const settlements = taken.filter((parcel) => parcel.lease === one).map(settlementOf);
    told.push(...(await outbox.settleMany(one, settlements, within(10 * SECOND))));
  }
  return told;
}
