/** What tests of the durability slot share. */

import type { DurabilityBackend, DurableMessage, Leased, Scope, Settlement, Target } from "@muster/core/slots";
import { redisDurability, type RedisOptions, type RedisTransaction } from "../../src/index.ts";
import { freshNamespace, within } from "../support.ts";

export type Queues = DurabilityBackend<RedisTransaction>;

export const SECOND = 1_000;
export const TTL = { ttlMs: 600_000 };

export async function openedQueues(options: RedisOptions, scope: Partial<Scope> = {}): Promise<Queues> {
  const queues = redisDurability(options);
  await queues.open({ namespace: freshNamespace(), ...scope }, within(10 * SECOND));
  return queues;
}

export function message(id: string, payload: Uint8Array = Buffer.from(`text of ${id}`)): DurableMessage {
  return { id, contentType: "text/plain", sentAt: 1, guarantee: "at-least-once", replyTo: undefined, payload };
}

export function targets(identities: readonly string[], session?: string, epoch = 1): readonly Target[] {
  return identities.map((identity) => ({ identity, epoch, session }));
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
  return leased.flatMap(({ message: { id }, recipients }) =>
    recipients.map(({ identity, attempt, receipt }) => ({ id, identity, attempt, receipt })),
  );
}

export async function take(
  queues: Queues,
  session: string,
  options: { readonly max?: number; readonly maxPerIdentity?: number; readonly leaseMs?: number } = {},
): Promise<readonly Handed[]> {
  const all = { max: 10_000, maxPerIdentity: 10_000, leaseMs: 60_000, waitMs: 0, ...options };
  return handedIn(await queues.dequeue(session, all, within(20 * SECOND)));
}

/** Acknowledges all that is handed out until nothing is, for as long as `isOver` doesn't say so. */
export async function drain(
  queues: Queues,
  session: string,
  isOver: (count: number) => boolean = () => true,
): Promise<readonly Handed[]> {
  const all: Handed[] = [];
  for (;;) {
    const some = await take(queues, session);
    if (some.length === 0 && isOver(all.length)) return all;
    const failures = await ack(queues, some);
    if (failures.length > 0) throw new Error(`${failures.length} of ${some.length} are not acknowledged`);
    all.push(...some);
  }
}

export function settled(handed: readonly Handed[], as: "ack" | "retry" | "release"): readonly Settlement[] {
  return handed.map(({ receipt }) => ({ receipt, as }));
}

export async function ack(queues: Queues, handed: readonly Handed[]): Promise<readonly unknown[]> {
  return queues.settleMany(settled(handed, "ack"), within(20 * SECOND));
}
