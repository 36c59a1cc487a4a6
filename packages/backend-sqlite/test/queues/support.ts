/** What tests of the durability slot share. */

import type { DurabilityBackend, Scope } from "@muster/core/slots";
import { freshNamespace, within } from "@muster/testing";
import { type SqliteDurabilityOptions, sqliteDurability, type SqliteTransaction } from "../../src/index.ts";

export type Queues = DurabilityBackend<SqliteTransaction>;

export const SECOND = 1_000;

export async function openedQueues(options: SqliteDurabilityOptions, scope: Partial<Scope> = {}): Promise<Queues> {
  const queues = sqliteDurability(options);
  await queues.open({ namespace: freshNamespace(), ...scope }, within(10 * SECOND));
  return queues;
}
