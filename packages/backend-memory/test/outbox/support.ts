/** What the outbox tests share: a clock to turn, open clients, and short words for what everybody does. */

import type { MulticastStart, OutboxBackend, OutboxTarget, Parcel, ShardLease } from "@muster/core/slots";
import {
  type MemoryFaults,
  type MemoryHub,
  memoryHub,
  memoryOutbox,
  type MemoryTransaction,
  memoryTransaction,
} from "../../src/index.ts";
import { SCOPE, message, targets } from "../durability/support.ts";
import { CALL, NAMESPACE } from "../support.ts";

export const LEASE_MS = 100;
const TTL_MS = 1_000;

export type Outbox = OutboxBackend<MemoryTransaction>;

export interface Fixture {
  readonly clock: { now: number };
  readonly hub: MemoryHub;
  /** One more client of the hub, open. */
  client(faults?: MemoryFaults): Promise<Outbox>;
}

export function fixture(): Fixture {
  const clock = { now: 1_000_000 };
  const hub = memoryHub({ now: () => clock.now });
  return {
    clock,
    hub,
    async client(faults): Promise<Outbox> {
      const outbox = memoryOutbox({ hub, ...(faults ? { faults } : {}) });
      await outbox.open({ namespace: NAMESPACE, durability: SCOPE }, CALL);
      return outbox;
    },
  };
}

export function start(id: string, changes: Partial<MulticastStart> = {}): MulticastStart {
  return { message: message(id), idempotencyKey: undefined, digest: "d", filter: null, ttlMs: TTL_MS, ...changes };
}

/** In one page. */
export async function* page(identities: readonly string[]): AsyncGenerator<readonly OutboxTarget[]> {
  yield targets(identities);
}

/** Recorded and committed. */
export async function send(outbox: Outbox, id: string, identities: readonly string[]): Promise<void> {
  const transaction = memoryTransaction();
  await outbox.record(transaction, start(id), page(identities), CALL);
  await transaction.commit();
}

/** Of every shard that the relay has. */
export async function takeAll(
  outbox: Outbox,
  leases: readonly ShardLease[],
): Promise<readonly (Parcel & { readonly lease: ShardLease })[]> {
  const taken = [];
  for (const lease of leases)
    for (const parcel of await outbox.take(lease, { maxTargets: 1_000 }, CALL)) taken.push({ ...parcel, lease });
  return taken;
}

/** `message→identity` of each, sorted. */
export function brief(parcels: readonly Parcel[]): readonly string[] {
  return parcels
    .flatMap(
      ({
        start: {
          message: { id },
        },
        targets: all,
      }) => all.map(({ identity }) => `${id}→${identity}`),
    )
    .sort();
}
