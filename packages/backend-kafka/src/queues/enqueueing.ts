/** One record for each shard that has recipients, with all of them that fit. */

import { type BatchFailure, type Call, type DurableMessage, queueFailure, type Target } from "@muster/core/slots";
import { codedError, NAME } from "../errors.ts";
import { bytesOf, encodeFrame, type Recipient } from "./frames.ts";
import { roundsOf } from "./rounds.ts";
import type { Space } from "./space.ts";

const OPERATION = "enqueueMany";
/** Of one record, a little under what brokers take without being told otherwise. */
export const MAX_RECORD_BYTES = 1_040_000;

interface Place {
  readonly recipient: Recipient;
  readonly shard: number;
  readonly index: number;
}

export async function enqueueMany(
  space: Space,
  message: DurableMessage,
  targets: readonly Target[],
  { ttlMs }: { readonly ttlMs: number },
  call: Call,
): Promise<readonly BatchFailure[]> {
  if (targets.length === 0) return [];
  await space.positions.pass(OPERATION);
  const failures: BatchFailure[] = [];
  const places: Place[] = [];
  for (const [index, { identity, epoch }] of targets.entries()) {
    if (epoch <= (space.table.get(identity)?.dropped ?? -1)) {
      failures.push({ index, error: queueFailure("UNREGISTERED", `${NAME}.${OPERATION}`, identity) });
      continue;
    }
    places.push({ recipient: { identity, epoch }, shard: space.shardOf(identity), index });
  }
  const written = { message, expiresAt: Date.now() + ttlMs, rank: rankNow(), generation: undefined };
  const room = MAX_RECORD_BYTES - encodeFrame({ ...written, recipients: [] }).length;
  const rounds = roundsOf(places, { shard: ({ shard }) => shard, bytes: ({ recipient }) => bytesOf(recipient) }, room);
  for (const round of rounds) {
    const entries = new Map(
      [...round].map(([shard, some]) => {
        const value = encodeFrame({ ...written, recipients: some.map(({ recipient }) => recipient) });
        return [shard, [{ key: null, value }]];
      }),
    );
    const results = await space.wire.produce("q", entries, call, OPERATION);
    const refused = [...round].filter(([shard]) => typeof results.get(shard) !== "number");
    const [first] = refused;
    // Nothing of it is accepted: it is a failure of all.
    if (rounds.length === 1 && first !== undefined && refused.length === round.size)
      throw codedError(results.get(first[0]), { operation: OPERATION, mayHaveApplied: true });
    for (const [shard, some] of refused)
      for (const { index, recipient } of some) {
        const about = { operation: OPERATION, subject: recipient.identity, mayHaveApplied: true };
        failures.push({ index, error: codedError(results.get(shard), about) });
      }
  }
  return failures.sort((a, b) => a.index - b.index);
}

/** Sender's clock, finer than a millisecond. */
export function rankNow(): number {
  return performance.timeOrigin + performance.now();
}
