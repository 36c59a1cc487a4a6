/** The contract's `enqueueMany`: to the queues of sessions, and to parking for whom none serves. */

import { type BatchFailure, type Call, type DurableMessage, queueFailure, type Target } from "@muster/core/slots";
import { NAME } from "../errors.ts";
import type { Frame, Recipient } from "./frames.ts";
import { toParking, toSession } from "./parcels.ts";
import { ringParked } from "./ringing.ts";
import type { Space } from "./space.ts";

const OPERATION = "enqueueMany";

export async function enqueueMany(
  space: Space,
  message: DurableMessage,
  targets: readonly Target[],
  { ttlMs }: { readonly ttlMs: number },
  call: Call,
): Promise<readonly BatchFailure[]> {
  const frame: Frame = { message, expiresAt: Date.now() + ttlMs, recipients: [] };
  const groups = new Map<string | undefined, Map<string, Recipient>>();
  const known = new Set<string>();
  const failures: BatchFailure[] = [];
  for (const [index, { identity, epoch, session }] of targets.entries()) {
    if (space.places.whyDropped(identity, epoch) !== undefined) {
      failures.push({ index, error: queueFailure("UNREGISTERED", `${NAME}.${OPERATION}`, identity) });
      continue;
    }
    if (known.has(identity)) continue;
    known.add(identity);
    const group = groups.get(session) ?? new Map<string, Recipient>();
    groups.set(session, group);
    group.set(identity, { identity, epoch, attempts: 0 });
  }
  const parked = [...(groups.get(undefined)?.values() ?? [])];
  const parcels = [...groups].flatMap(([session, group]) =>
    session === undefined ? [] : toSession(space.around, session, frame, [...group.values()]),
  );
  await space.send([...parcels, ...toParking(space.around, frame, parked)], OPERATION, call);
  const names = parked.map(({ identity }) => identity);
  if (names.length > 0) await ringParked(space, names, OPERATION, call);
  else if (failures.length > 0) await space.seat(OPERATION).sync();
  return failures;
}
