/** What tests of the durability slot share. */

import type { DurabilityBackend, Scope } from "@muster/core/slots";
import { freshNamespace, within } from "@muster/testing";
import { type PostgresOptions, type PostgresTransaction, postgresDurability } from "../../src/index.ts";

export type Queues = DurabilityBackend<PostgresTransaction>;

export const SECOND = 1_000;

export async function openedQueues(options: PostgresOptions, scope: Partial<Scope> = {}): Promise<Queues> {
  const queues = postgresDurability(options);
  await queues.open({ namespace: freshNamespace(), ...scope }, within(10 * SECOND));
  return queues;
}
