/** What the durability tests share: a clock to turn, open clients, and short words for what everybody does. */

import type {
  BatchFailure,
  DurabilityBackend,
  DurabilityScope,
  DurableMessage,
  LeasedRecipient,
  Settlement,
  Target,
  TrackedDelivery,
} from "@muster/core/slots";
import {
  memoryDurability,
  type MemoryFaults,
  type MemoryHub,
  memoryHub,
  type MemoryTransaction,
} from "../../src/index.ts";
import { CALL, NAMESPACE } from "../support.ts";

export const LEASE_MS = 100;
export const TTL_MS = 1_000;
export const SCOPE: DurabilityScope = { trackingRetentionMs: 10_000, deadLetterRetentionMs: 20_000 };

export type Durability = DurabilityBackend<MemoryTransaction>;

/** One recipient of one message, as it was handed out. */
export interface Received extends LeasedRecipient {
  readonly message: DurableMessage;
}

export interface Fixture {
  readonly clock: { now: number };
  readonly hub: MemoryHub;
  /** One more client of the hub, open. */
  client(scope?: Partial<DurabilityScope>, faults?: MemoryFaults): Promise<Durability>;
}

export function fixture(): Fixture {
  const clock = { now: 1_000_000 };
  const hub = memoryHub({ now: () => clock.now });
  return {
    clock,
    hub,
    async client(scope = {}, faults): Promise<Durability> {
      const durability = memoryDurability({ hub, ...(faults ? { faults } : {}) });
      await durability.open({ namespace: NAMESPACE, durability: { ...SCOPE, ...scope } }, CALL);
      return durability;
    },
  };
}

export function message(id: string, changes: Partial<DurableMessage> = {}): DurableMessage {
  return {
    id,
    contentType: "text/plain",
    sentAt: 5,
    guarantee: "at-least-once",
    replyTo: undefined,
    payload: new TextEncoder().encode(id),
    ...changes,
  };
}

export function targets(identities: readonly string[], epoch = 1): readonly Target[] {
  return identities.map((identity) => ({ identity, epoch }));
}

export async function send(
  client: Durability,
  id: string,
  identities: readonly string[],
  { epoch = 1, ttlMs = TTL_MS } = {},
): Promise<readonly BatchFailure[]> {
  return client.enqueueMany(message(id), targets(identities, epoch), { ttlMs }, CALL);
}

export async function attach(
  client: Durability,
  identities: readonly string[],
  { session = "s", epoch = 1 } = {},
): Promise<readonly BatchFailure[]> {
  return client.attachMany(session, targets(identities, epoch), CALL);
}

export async function receive(
  client: Durability,
  { session = "s", max = 100, maxPerIdentity = 100, leaseMs = LEASE_MS } = {},
): Promise<readonly Received[]> {
  const leased = await client.dequeue(session, { max, maxPerIdentity, waitMs: 0, leaseMs }, CALL);
  return leased.flatMap(({ message, recipients }) => recipients.map((recipient) => ({ ...recipient, message })));
}

/** The only delivery that is due. */
export async function receiveOne(client: Durability, session = "s"): Promise<Received> {
  const [one, ...others] = await receive(client, { session });
  if (one === undefined || others.length > 0) throw new Error(`received ${others.length + (one ? 1 : 0)}`);
  return one;
}

function settlementOf({ receipt }: Received, as: Settlement["as"]): Settlement {
  return as === "dead" ? { receipt, as, code: "REJECTED", reason: "no" } : { receipt, as };
}

export async function settle(
  client: Durability,
  received: readonly Received[],
  as: Settlement["as"],
): Promise<readonly BatchFailure[]> {
  return client.settleMany(
    received.map((one) => settlementOf(one, as)),
    CALL,
  );
}

/** `message→identity#attempt` of each, in order. */
export function brief(received: readonly Received[]): readonly string[] {
  return received.map(({ message, identity, attempt }) => `${message.id}→${identity}#${attempt}`);
}

export function codes(failures: readonly BatchFailure[]): readonly string[] {
  return failures.map(({ index, error }) => `${index} ${error.code}`);
}

export async function deliveries(
  client: Durability,
  id: string,
  query: { pageSize?: number; after?: string; statuses?: readonly TrackedDelivery["status"][] } = {},
): Promise<readonly TrackedDelivery[]> {
  const all: TrackedDelivery[] = [];
  for await (const page of client.tracking?.deliveries(id, { pageSize: 100, ...query }, CALL) ?? []) all.push(...page);
  return all;
}

/** `identity message status-or-code` of every dead letter. */
export async function letters(client: Durability, identity?: string): Promise<readonly string[]> {
  const all: string[] = [];
  const query = { pageSize: 2, ...(identity === undefined ? {} : { identity }) };
  for await (const page of client.deadLetters?.list(query, CALL) ?? [])
    all.push(...page.map((letter) => `${letter.identity} ${letter.messageId} ${letter.code}`));
  return all;
}
