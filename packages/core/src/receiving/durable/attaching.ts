/** Tells the store which queues this process wants, many identities at a time and in order for each of them. */

import { type Batcher, createBatcher } from "../../tasks/coalesce.ts";
import type { Call, DurabilityBackend, MusterError, Target } from "../../slots/index.ts";

const MAX_BATCH = 1_000;

export interface Attaching {
  readonly as: "attach" | "detach";
  readonly session: string;
  readonly identity: string;
  readonly epoch: number;
}

/** Its outcome is what has gone wrong with this one, where something has. */
export type AttachBatcher = Batcher<Attaching, MusterError | undefined>;

export function createAttachBatcher(durability: DurabilityBackend, timeoutMs: number): AttachBatcher {
  return createBatcher<Attaching, MusterError | undefined>({
    source: "core.attachMany",
    key: ({ identity }) => identity,
    timeoutMs,
    // Known only when it is open.
    get maxBatch() {
      return Math.min(MAX_BATCH, durability.traits.maxBatch);
    },
    send: (entries, call) => send(durability, entries, call),
  });
}

/** Ends what is queued for the identity, up to the epoch. */
export function createDropBatcher(
  durability: DurabilityBackend,
  timeoutMs: number,
  why: Parameters<DurabilityBackend["dropMany"]>[1],
): Batcher<Target, undefined> {
  return createBatcher<Target, undefined>({
    source: "core.dropMany",
    key: ({ identity }) => identity,
    timeoutMs,
    get maxBatch() {
      return Math.min(MAX_BATCH, durability.traits.maxBatch);
    },
    async send(targets, call) {
      await durability.dropMany(targets, why, call);
      return targets.map(() => undefined);
    },
  });
}

async function send(
  durability: DurabilityBackend,
  entries: readonly Attaching[],
  call: Call,
): Promise<readonly (MusterError | undefined)[]> {
  const outcomes: (MusterError | undefined)[] = entries.map(() => undefined);
  const groups = new Map<string, number[]>();
  for (const [index, { as, session }] of entries.entries()) {
    const key = `${as} ${session}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  }
  for (const indices of groups.values()) {
    const group = indices.flatMap((index) => entries[index] ?? []);
    const [{ as, session } = { as: "attach", session: "" }] = group;
    if (as === "detach") {
      await durability.detachMany(
        session,
        group.map(({ identity }) => identity),
        call,
      );
      continue;
    }
    const targets = group.map(({ identity, epoch }) => ({ identity, epoch, session }));
    for (const { index, error } of await durability.attachMany(session, targets, call))
      outcomes[indices[index] ?? 0] = error;
  }
  return outcomes;
}
