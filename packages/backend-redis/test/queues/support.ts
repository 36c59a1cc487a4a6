/** What tests of the durability slot share. */

import type { DurabilityBackend, Scope, Target } from "@muster/core/slots";
import { freshNamespace, within } from "@muster/testing";
import { ack, type Handed, take } from "@muster/testing/durability";
import { redisDurability, type RedisOptions, type RedisTransaction } from "../../src/index.ts";

export type Queues = DurabilityBackend<RedisTransaction>;

export const SECOND = 1_000;

export async function openedQueues(options: RedisOptions, scope: Partial<Scope> = {}): Promise<Queues> {
  const queues = redisDurability(options);
  await queues.open({ namespace: freshNamespace(), ...scope }, within(10 * SECOND));
  return queues;
}

export function targets(identities: readonly string[], session?: string, epoch = 1): readonly Target[] {
  return identities.map((identity) => ({ identity, epoch, session }));
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
