/** What the cases about facets share: the facet that was there when the run was planned, and what can be read through it. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type {
  DeadLetter,
  DeadLetterFacet,
  DurabilityBackend,
  DurableMessage,
  MulticastStart,
  TrackedDelivery,
  TrackingFacet,
  TransactionFacet,
} from "@muster/core/slots";
import type { DurabilityContext } from "../../case.ts";
import type { TransactionProbe } from "../../subject.ts";
import { collect, LONG_MS } from "../support.ts";

export function hasTracking({ tracking }: DurabilityBackend): boolean {
  return tracking !== undefined;
}

export function hasTransactions({ transactions }: DurabilityBackend): boolean {
  return transactions !== undefined;
}

export function hasDeadLetters({ deadLetters }: DurabilityBackend): boolean {
  return deadLetters !== undefined;
}

export function trackingOf({ tracking }: DurabilityBackend): TrackingFacet {
  assert.ok(tracking !== undefined, "the facet that was there when the run was planned");
  return tracking;
}

export function transactionsOf({ transactions }: DurabilityBackend): TransactionFacet {
  assert.ok(transactions !== undefined, "the facet that was there when the run was planned");
  return transactions;
}

export function deadLettersOf({ deadLetters }: DurabilityBackend): DeadLetterFacet {
  assert.ok(deadLetters !== undefined, "the facet that was there when the run was planned");
  return deadLetters;
}

export function probeOf({ subject }: DurabilityContext): TransactionProbe {
  assert.ok(subject.transactionProbe !== undefined, "the probe that was there when the run was planned");
  return subject.transactionProbe;
}

/** A key of the probe that nobody has written. */
export function freshKey(): string {
  return `kit-${randomUUID()}`;
}

export function start(message: DurableMessage, changes: Partial<MulticastStart> = {}): MulticastStart {
  return {
    message,
    idempotencyKey: undefined,
    digest: `digest of ${message.id}`,
    filter: '{"status":"online"}',
    ttlMs: LONG_MS,
    ...changes,
  };
}

/** Records the multicast, and fails the case unless it has begun. */
export async function begin(
  ctx: DurabilityContext,
  message: DurableMessage,
  { at = ctx.backend, ...changes }: Partial<MulticastStart> & { readonly at?: DurabilityBackend } = {},
): Promise<void> {
  const { begun } = await trackingOf(at).begin(start(message, changes), ctx.call);
  assert.ok(begun, `${message.id} begins`);
}

export async function deliveriesOf(
  ctx: DurabilityContext,
  id: string,
  query: {
    readonly after?: string;
    readonly pageSize?: number;
    readonly statuses?: readonly TrackedDelivery["status"][];
  } = {},
  at: DurabilityBackend = ctx.backend,
): Promise<readonly TrackedDelivery[]> {
  return collect(trackingOf(at).deliveries(id, { pageSize: 100, ...query }, ctx.call));
}

/** Asserts what is known of one multicast: how many there are of each, and what became of whom. */
export async function expectTracked(
  ctx: DurabilityContext,
  id: string,
  expected: Readonly<Record<string, TrackedDelivery["status"]>>,
  at: DurabilityBackend = ctx.backend,
): Promise<void> {
  const statuses = Object.values(expected);
  const count = (status: TrackedDelivery["status"]): number => statuses.filter((one) => one === status).length;
  await ctx.eventually(async () => {
    const deliveries = await deliveriesOf(ctx, id, {}, at);
    assert.deepEqual(Object.fromEntries(deliveries.map(({ identity, status }) => [identity, status])), expected);
    assert.equal(deliveries.length, statuses.length, "each once");
    const counts = { pending: count("pending"), delivered: count("delivered"), failed: count("failed") };
    assert.deepEqual(await trackingOf(at).counts(id, ctx.call), counts);
  });
}

export async function lettersOf(
  ctx: DurabilityContext,
  query: Partial<Parameters<DeadLetterFacet["list"]>[0]> = {},
  at: DurabilityBackend = ctx.backend,
): Promise<readonly DeadLetter[]> {
  return collect(deadLettersOf(at).list({ pageSize: 100, ...query }, ctx.call));
}

/** Sweeps until there is nothing more to sweep. */
export async function sweepAll(ctx: DurabilityContext, at: DurabilityBackend = ctx.backend): Promise<number> {
  let all = 0;
  for (
    let swept = await at.sweep({ limit: 100 }, ctx.call);
    swept > 0;
    swept = await at.sweep({ limit: 100 }, ctx.call)
  ) {
    all += swept;
    assert.ok(all < 100_000, "sweeping comes to an end");
  }
  return all;
}
