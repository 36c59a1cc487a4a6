/** A multicast in the middle of which a process dies. */

import { setTimeout as delay } from "node:timers/promises";
import type { Mission } from "./missions.ts";
import { UsageError } from "./options.ts";
import { enumerate, type RollCall } from "./roll-call.ts";
import type { World } from "./world.ts";

/** How long the sender waits for acknowledgements, some of which can't come. */
const TIMEOUT_MS = 5_000;
/** Longest wait for everyone else, and then for those who are back. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 100;

/**
 * Multicasts, kills the mortal station when the handlers of half of those that it serves have been called, and lets it
 * come back once nobody but they are pending.
 *
 * @throws UsageError when it serves none of them.
 */
export async function callRollWithCrash(
  world: World,
  mission: Mission,
  text: string,
  tell: (sentence: string) => void,
): Promise<RollCall> {
  const { mortal, tower } = world;
  const enumerated = await enumerate(world, mission);
  const aboard = mortal?.airports.filter(({ identity }) => enumerated.has(identity)) ?? [];
  if (mortal === undefined || aboard.length === 0) throw nobodyToKill();
  const half = Math.floor(aboard.length / 2);
  await mortal.getStuck(half);
  const start = performance.now();
  const multicasting = tower.multicast(mission.filter, text, { timeoutMs: TIMEOUT_MS });
  await Promise.race([mortal.stuck, multicasting]);
  await mortal.kill();
  tell(`Killed a process with ${aboard.length} of the targets, when the handlers of ${half} had been called.`);
  const { id, incomplete } = await multicasting;
  const names = new Set(aboard.map(({ identity }) => identity));
  await until(() => othersHaveSettled(world, id, names));
  const before = await tower.report(id);
  await mortal.comeBack();
  await until(async () => (await tower.report(id)).pendingCount === 0);
  const after = await tower.report(id);
  await world.collect(id);
  const report = incomplete === undefined ? after : { ...after, incomplete };
  const elapsedMs = performance.now() - start;
  return { mission, text, enumerated, report, elapsedMs, crash: { served: aboard.length, before, after } };
}

function nobodyToKill(): UsageError {
  return new UsageError(
    "--kill: the process to be killed serves nobody whom the first filter selects; fewer --processes, or a wider filter.",
  );
}

/** Or until patience ends: what is not so then is seen in the reports. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await isSo()) && performance.now() < end) await delay(LOOK_MS);
}

async function othersHaveSettled({ tower }: World, id: string, names: ReadonlySet<string>): Promise<boolean> {
  for await (const { identity } of tower.deliveries(id, { statuses: ["pending"] }))
    if (!names.has(identity)) return false;
  return true;
}
