/** The door for tests of durability: messages for queues, and the work of those who take them. */

export { clearing } from "./clearing.ts";
import type { DurabilityBackend, DurableMessage, Leased, Settlement, Target } from "@muster/core/slots";
import { within } from "./calls.ts";

export const TTL = { ttlMs: 600_000 };

const PATIENCE_MS = 20_000;
const LEASE_MS = 60_000;

/** Whatever its transactions are. */
type Queues = Pick<DurabilityBackend, "dequeue" | "settleMany">;

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

export function targets(identities: readonly string[], epoch = 1): readonly Target[] {
  return identities.map((identity) => ({ identity, epoch }));
}

/** One recipient of one message, as it was handed out. */
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

/** What is due now; all of it, unless a smaller `max` says otherwise. */
export async function take(
  queues: Queues,
  session: string,
  options: { readonly max?: number; readonly maxPerIdentity?: number; readonly leaseMs?: number } = {},
): Promise<readonly Handed[]> {
  const all = { max: 10_000, maxPerIdentity: 10_000, leaseMs: LEASE_MS, waitMs: 0, ...options };
  return handedIn(await queues.dequeue(session, all, within(PATIENCE_MS)));
}

export function settled(handed: readonly Handed[], as: "ack" | "retry" | "release"): readonly Settlement[] {
  return handed.map(({ receipt }) => ({ receipt, as }));
}

/** Resolves to the failures. */
export async function ack(queues: Queues, handed: readonly Handed[]): Promise<readonly unknown[]> {
  return queues.settleMany(settled(handed, "ack"), within(PATIENCE_MS));
}
