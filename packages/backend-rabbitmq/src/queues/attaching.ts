/** The contract's `attachMany`, `detachMany` and `dropMany`. */

import { type BatchFailure, type Call, queueFailure, type Target } from "@muster/core/slots";
import { NAME } from "../errors.ts";
import { soon } from "./in-time.ts";
import { bury, park } from "./moving.ts";
import type { Why } from "./places.ts";
import { ring } from "./ringing.ts";
import type { Space } from "./space.ts";

export async function attachMany(
  space: Space,
  session: string,
  targets: readonly Target[],
  call: Call,
): Promise<readonly BatchFailure[]> {
  const seat = space.seat("attachMany");
  const failures: BatchFailure[] = [];
  const attached: Target[] = [];
  for (const [index, target] of targets.entries()) {
    const outcome = space.places.attach(session, target);
    if (outcome === "attached") attached.push(target);
    if (outcome === "fenced") {
      const error = queueFailure("FENCED", `${NAME}.attachMany`, target.identity);
      failures.push({ index, error });
    }
  }
  for (const { identity, epoch } of attached)
    for (const item of space.holdings.of(identity))
      if (item.state === "waiting" || item.state === "leased")
        space.holdings.wait(item, { session, epoch }, { isTried: item.state === "leased" });
  if (attached.length > 0) {
    const names = attached.map(({ identity }) => identity);
    await serve(space, session);
    await seat.bind(session);
    await ring(space, { attached: attached.map(({ identity, epoch }) => [identity, epoch]) }, "attachMany", call);
    await space.fetchParked(names);
  }
  await seat.sync();
  space.waiters.wake(session);
  return failures;
}

/** Who served the session before, or is dead by now, has its queue cleared; for a new session that is waited for. */
async function serve(space: Space, session: string): Promise<void> {
  const isNew = !space.sessions.has(session);
  space.sessions.add(session);
  const looking = space.ledger.look();
  looking.catch(() => undefined); // There is another soon.
  if (!isNew) return;
  await soon(looking).catch(() => undefined); // As before.
  await space.ledger.enter(session);
}

export async function detachMany(space: Space, session: string, identities: readonly string[]): Promise<void> {
  const seat = space.seat("detachMany");
  const detached = identities.filter((identity) => space.places.detach(session, identity));
  await park(
    space,
    detached.flatMap((identity) => space.holdings.of(identity)),
  );
  await seat.sync();
}

export async function dropMany(space: Space, targets: readonly Target[], why: Why, call: Call): Promise<void> {
  const seat = space.seat("dropMany");
  for (const { identity, epoch } of targets) space.places.drop(identity, epoch, why);
  await Promise.all(targets.map(async ({ identity }) => bury(space, identity)));
  if (targets.length > 0) {
    const dropped = { ...why, targets: targets.map(({ identity, epoch }) => [identity, epoch] as const) };
    await ring(space, { dropped }, "dropMany", call);
    await space.fetchParked(targets.map(({ identity }) => identity));
  }
  await seat.sync();
}
