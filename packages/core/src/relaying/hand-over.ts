/** One look at one shard: what is due is taken, handed over, and settled. */

import { codedError } from "../call.ts";
import { type Call, linkCall, type MusterError, type OutboxBackend, type ParcelSettlement } from "../slots/index.ts";
import { retry } from "../tasks/retry.ts";
import type { Carrier } from "./carrier.ts";
import { type Consignment, consignmentsOf, settlementsOf, sideBySide } from "./consignment.ts";
import type { HeldShard } from "./held-shard.ts";

const SOURCE = "core.relay";
const MAX_TARGETS = 2_500;

export interface HandOverOptions {
  readonly outbox: OutboxBackend;
  readonly carrier: Carrier;
  /** For each thing that is asked of a slot. */
  readonly timeoutMs: number;
  /** Nothing more is begun; what is under way is finished. */
  readonly stopping: AbortSignal;
  /** Nor that. */
  readonly aborting: AbortSignal;
  warn(error: MusterError): void;
}

/** What a look has found. */
export interface Look {
  /** There may be more. */
  readonly isMore: boolean;
  /** Something was left, and is due then. */
  readonly leftForMs: number | undefined;
}

/** @throws FENCED: the lease is over. What the slots throw; what could be handed over until then is settled. */
export async function handOver(shard: HeldShard, options: HandOverOptions): Promise<Look> {
  const { outbox } = options;
  const parcels = await within(options, (call) => outbox.take(shard.lease, { maxTargets: MAX_TARGETS }, call));
  if (parcels.length === 0) {
    shard.mayRepeat = false;
    return { isMore: false, leftForMs: undefined };
  }
  const settlements: ParcelSettlement[] = [];
  try {
    for (const consignments of sideBySide(consignmentsOf(parcels))) {
      if (!shard.isLive || options.stopping.aborted) break;
      await carryAll(consignments, settlements, shard, options);
    }
    await settle(settlements, shard, options);
  } catch (error) {
    shard.mayRepeat = true;
    throw error;
  }
  const delays = settlements.flatMap(({ left, delayMs = 0 }) => (left.length > 0 ? [delayMs] : []));
  return { isMore: true, leftForMs: delays.length > 0 ? Math.min(...delays) : undefined };
}

/** Adds what has become of them to `settlements`. @throws what one of them threw, after settling everything. */
async function carryAll(
  consignments: readonly Consignment[],
  settlements: ParcelSettlement[],
  shard: HeldShard,
  options: HandOverOptions,
): Promise<void> {
  const { carrier, stopping } = options;
  const passage = { mayRepeat: shard.mayRepeat, until: shard.until, stopping };
  const results = await Promise.allSettled(
    consignments.map(async (consignment) => {
      const fate = await within(options, (call) => carrier.carry(consignment, passage, call));
      settlements.push(...settlementsOf(consignment, fate, carrier.as));
    }),
  );
  const failure = results.find((result) => result.status === "rejected");
  if (failure === undefined) return;
  await settle(settlements, shard, options);
  throw codedError(failure.reason, SOURCE);
}

async function settle(
  settlements: readonly ParcelSettlement[],
  { lease }: HeldShard,
  options: HandOverOptions,
): Promise<void> {
  const { outbox, carrier, warn } = options;
  if (settlements.length === 0) return;
  const ended = await within(options, (call) => retry(call, SOURCE, () => outbox.settleMany(lease, settlements, call)));
  // A record that stays open harms nobody: what it is for is settled.
  if (ended.length > 0)
    await within(options, (call) => carrier.conclude(ended, call)).catch((cause: unknown) =>
      warn(codedError(cause, SOURCE)),
    );
}

async function within<T>({ aborting, timeoutMs }: HandOverOptions, work: (call: Call) => Promise<T>): Promise<T> {
  using call = linkCall({ signal: aborting }, timeoutMs, SOURCE);
  return await work(call);
}
