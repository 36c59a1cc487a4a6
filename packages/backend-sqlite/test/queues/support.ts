/** What tests of the durability slot share. */

import type { DurabilityBackend, DurableMessage, Leased, Scope, Settlement } from "@muster/core/slots";
import { type SqliteDurabilityOptions, sqliteDurability, type SqliteTransaction } from "../../src/index.ts";
import { freshNamespace, within } from "../support.ts";

export type Queues = DurabilityBackend<SqliteTransaction>;

export const SECOND = 1_000;
export const TTL = { ttlMs: 600_000 };

export async function openedQueues(options: SqliteDurabilityOptions, scope: Partial<Scope> = {}): Promise<Queues> {
  const queues = sqliteDurability(options);
  await queues.open({ namespace: freshNamespace(), ...scope }, within(10 * SECOND));
  return queues;
}

export function message(id: string, changes: Partial<DurableMessage> = {}): DurableMessage {
  return {
    id,
    contentType: "text/plain",
    sentAt: 1,
    guarantee: "at-least-once",
    replyTo: undefined,
    payload: new TextEncoder().encode(`text of ${id}`),
    ...changes,
  };
}

export function targets(identities: readonly string[], epoch = 1): readonly { identity: string; epoch: number }[] {
  return identities.map((identity) => ({ identity, epoch }));
}

export function numbered(count: number, prefix = "id"): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index).padStart(5, "0")}`);
}

export interface Handed {
  readonly id: string;
  readonly identity: string;
  readonly attempt: number;
  readonly receipt: string;
}

function handedIn(leased: readonly Leased[]): readonly Handed[] {
  return leased.flatMap(({ message: { id }, recipients }) => recipients.map((one) => ({ ...one, id })));
}

export async function take(
  queues: Queues,
  session: string,
  options: { readonly max?: number; readonly maxPerIdentity?: number; readonly leaseMs?: number } = {},
): Promise<readonly Handed[]> {
  const all = { max: 1_000, maxPerIdentity: 1_000, leaseMs: 60_000, waitMs: 0, ...options };
  return handedIn(await queues.dequeue(session, all, within(20 * SECOND)));
}

export function settled(handed: readonly Handed[], as: "ack" | "retry" | "release"): readonly Settlement[] {
  return handed.map(({ receipt }) => ({ receipt, as }));
}

export async function ack(queues: Queues, handed: readonly Handed[]): Promise<readonly unknown[]> {
  return queues.settleMany(settled(handed, "ack"), within(20 * SECOND));
}
