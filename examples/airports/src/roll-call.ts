/** One multicast, and whether everyone who was meant to get it got it, once, and nobody else. */

import type { MulticastReport } from "@muster/core";
import type { Tally } from "./ledger.ts";
import type { Mission } from "./missions.ts";
import type { World } from "./world.ts";

/** Longest wait for receivers; a healthy run never waits this long. */
const PATIENCE_MS = 30_000;

/** What happened to those whose process was killed. */
export interface Crash {
  /** Of the targets, how many it served. */
  readonly served: number;
  /** While it was away. */
  readonly before: MulticastReport;
  /** When it was back. */
  readonly after: MulticastReport;
}

/** What was asked for and what the sender was told. */
export interface RollCall {
  readonly mission: Mission;
  readonly text: string;
  /** Whom the same filter enumerated just before. */
  readonly enumerated: ReadonlySet<string>;
  readonly report: MulticastReport;
  /** From the call until the last receiver had it. */
  readonly elapsedMs: number;
  /** Present where a process was killed meanwhile. */
  readonly crash?: Crash;
}

/** Enumerates, multicasts, and waits until the receivers have seen it. */
export async function callRoll(world: World, mission: Mission, text: string): Promise<RollCall> {
  const enumerated = await enumerate(world, mission);
  const start = performance.now();
  const report = await world.tower.multicast(mission.filter, text, { timeoutMs: PATIENCE_MS });
  await world.collect(report.id);
  await world.ledger.received(report.id, report.deliveredCount, PATIENCE_MS);
  return { mission, text, enumerated, report, elapsedMs: performance.now() - start };
}

export async function enumerate(world: World, mission: Mission): Promise<ReadonlySet<string>> {
  const enumerated = new Set<string>();
  for await (const { identity } of world.tower.identities(mission.filter, { includeMetadata: false })) {
    enumerated.add(identity);
  }
  return enumerated;
}

/** How often somebody got it who had it already. */
export function countRepeats({ count, identities }: Tally): number {
  return count - identities.size;
}

/**
 * Everything that does not agree, in sentences; empty when all is well.
 *
 * @param mayRepeat whether those whose process was killed may have handled it twice.
 */
export function findDisagreements(call: RollCall, tally: Tally, mayRepeat = false): readonly string[] {
  const { enumerated, report, text, crash } = call;
  const missing = [...enumerated].filter((identity) => !tally.identities.has(identity));
  const uninvited = [...tally.identities].filter((identity) => !enumerated.has(identity));
  const garbled = [...tally.texts].filter((read) => read !== text);
  const excused = mayRepeat ? Math.min(countRepeats(tally), crash?.served ?? 0) : 0;
  return [
    report.targetCount !== enumerated.size && `${enumerated.size} enumerated, but ${report.targetCount} targets`,
    report.deliveredCount !== report.targetCount && `${report.deliveredCount} of ${report.targetCount} delivered`,
    tally.count - excused !== report.deliveredCount &&
      `${report.deliveredCount} delivered, but received ${tally.count} times`,
    crash?.before.pendingCount === 0 && "nobody was pending while the process was away",
    report.incomplete !== undefined && `incomplete: ${report.incomplete.code}`,
    missing.length > 0 && `not reached: ${list(missing)}`,
    uninvited.length > 0 && `reached though not enumerated: ${list(uninvited)}`,
    garbled.length > 0 && `read as ${list(garbled)}`,
  ].filter((complaint) => complaint !== false);
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
