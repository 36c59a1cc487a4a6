/** What the tests of queues share: clients that are open, and what they do. */

import { DEFAULT_DURABILITY_SCOPE, type DurabilityBackend } from "@muster/core/slots";
import { callOf } from "@muster/testing";
import { message, targets, TTL } from "@muster/testing/durability";
import { assert } from "vitest";
import { kafkaDurability, type KafkaDurabilityOptions } from "../../src/index.ts";
import { durabilitySettingsOf } from "../../src/queues/settings.ts";
import { Space } from "../../src/queues/space.ts";

/** A leader that has died is replaced within some seconds. */
const PATIENCE_MS = 30_000;

export async function openedQueues(options: KafkaDurabilityOptions, namespace = "iot"): Promise<DurabilityBackend> {
  const durability = kafkaDurability({ shards: 2, ...options });
  using call = callOf(PATIENCE_MS);
  await durability.open({ namespace }, call);
  return durability;
}

/** What is behind such a client. */
export async function openedSpace(options: KafkaDurabilityOptions, namespace = "iot"): Promise<Space> {
  const space = new Space(durabilitySettingsOf({ shards: 2, ...options }), namespace, DEFAULT_DURABILITY_SCOPE);
  using call = callOf(PATIENCE_MS);
  await space.open(call);
  return space;
}

export async function attached(
  at: DurabilityBackend,
  session: string,
  identities: readonly string[],
  epoch = 1,
): Promise<void> {
  using call = callOf(PATIENCE_MS);
  assert.deepEqual(await at.attachMany(session, targets(identities, epoch), call), []);
}

export async function enqueued(at: DurabilityBackend, id: string, identities: readonly string[]): Promise<void> {
  using call = callOf(PATIENCE_MS);
  const failures = await at.enqueueMany(message(id), targets(identities), TTL, call);
  if (failures[0] !== undefined) throw failures[0].error;
}

export function numbered(prefix: string, count: number, from = 0): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${from + index}`);
}
