/** What the tests of queues share: clients that are open, messages, and workers. */

import type { DequeueOptions, DurabilityBackend, DurableMessage, LeasedRecipient, Scope } from "@muster/core/slots";
import { callOf } from "@muster/testing";
import { natsDurability, type NatsDurabilityOptions } from "../../src/index.ts";

const NAMESPACE = "iot";
const TTL_MS = 3_600_000;
/** A leader that has died is replaced within some seconds. */
const PATIENCE_MS = 20_000;

export async function openedQueues(
  options: NatsDurabilityOptions,
  namespace = NAMESPACE,
  scope: Partial<Scope> = {},
): Promise<DurabilityBackend> {
  const durability = natsDurability(options);
  using call = callOf(PATIENCE_MS);
  await durability.open({ namespace, ...scope }, call);
  return durability;
}

function durable(id: string): DurableMessage {
  return {
    id,
    contentType: "text/plain",
    sentAt: 1,
    guarantee: "at-least-once",
    replyTo: undefined,
    payload: Buffer.from(`text of ${id}`),
  };
}

export async function attached(at: DurabilityBackend, session: string, identities: readonly string[]): Promise<void> {
  using call = callOf(PATIENCE_MS);
  const targets = identities.map((identity) => ({ identity, epoch: 1 }));
  const failures = await at.attachMany(session, targets, call);
  if (failures.length > 0) throw new Error(`${failures.length} are not attached`, { cause: failures[0]?.error });
}

export async function enqueued(at: DurabilityBackend, id: string, identities: readonly string[]): Promise<void> {
  using call = callOf(PATIENCE_MS);
  const targets = identities.map((identity) => ({ identity, epoch: 1 }));
  const failures = await at.enqueueMany(durable(id), targets, { ttlMs: TTL_MS }, call);
  if (failures.length > 0) throw new Error(`${failures.length} are not enqueued`, { cause: failures[0]?.error });
}

/** Whether this is who has begun, and the multicast that stands. */
export async function begun(
  at: DurabilityBackend,
  id: string,
  idempotencyKey: string,
): Promise<{ readonly begun: boolean; readonly id: string | undefined }> {
  using call = callOf(PATIENCE_MS);
  const start = { message: durable(id), idempotencyKey, digest: "same", filter: null, ttlMs: TTL_MS };
  const answer = await at.tracking?.begin(start, call);
  return { begun: answer?.begun === true, id: answer?.record.message.id };
}

/** What is at hand, as `id for identity`, each with its lease. */
export async function taken(
  at: DurabilityBackend,
  session: string,
  options: Partial<DequeueOptions> = {},
): Promise<ReadonlyMap<string, LeasedRecipient>> {
  using call = callOf(PATIENCE_MS);
  const all = { max: 1_000, maxPerIdentity: 1_000, waitMs: 0, leaseMs: 60_000, ...options };
  const leased = await at.dequeue(session, all, call);
  return new Map(
    leased.flatMap(({ message, recipients }) =>
      recipients.map((recipient) => [`${message.id} for ${recipient.identity}`, recipient] as const),
    ),
  );
}

export async function acked(at: DurabilityBackend, leased: ReadonlyMap<string, LeasedRecipient>): Promise<void> {
  using call = callOf(PATIENCE_MS);
  const settlements = Array.from(leased.values(), ({ receipt }) => ({ receipt, as: "ack" }) as const);
  const failures = await at.settleMany(settlements, call);
  if (failures.length > 0) throw new Error(`${failures.length} are not settled`, { cause: failures[0]?.error });
}
