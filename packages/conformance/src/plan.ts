/** What a run is going to do, decided before any case runs; or why there is nothing to run. */

import type { ConformanceCase, Part, Slot } from "./case.ts";
import { DEADLINE_MS } from "./deadline.ts";
import { type ProbedSlot, probeSlot, type SlotClaims } from "./probe.ts";
import { FILTERS } from "./run.ts";
import type { Subject } from "./subject.ts";
import { asError } from "./thrown.ts";

export const SLOTS: readonly Slot[] = ["registry", "messaging", "durability", "outbox"];

/** A case that fails on this subject, and why that is put up with. */
export interface KnownFailing {
  readonly id: string;
  /** A sentence for the readers of the report. */
  readonly why: string;
}

export interface PlanOptions {
  /** Ids of cases that must apply: freezes claims, so that who loses one fails instead of being asked less. */
  readonly pins?: readonly string[];
  /** Must fail; one that passes is a failure. */
  readonly knownFailing?: readonly KnownFailing[];
  /** Ids of the only cases to run. Default: all. */
  readonly only?: readonly string[];
  /** Default: every slot the subject has. */
  readonly slots?: readonly Part[];
  /** Each case runs once with each. Default `[1]`. */
  readonly seeds?: readonly number[];
  /** After which a case has failed, or a client could not be opened. Default 30,000. */
  readonly deadlineMs?: number;
  /**
   * How many generated filters are compared with the evaluator. Default 200. Thousands take longer than the default of
   * `deadlineMs` on a real server.
   */
  readonly filters?: number;
}

/**
 * - `run`: it applies; `skip`: it doesn't.
 * - `lost`: it doesn't although it is pinned.
 */
export interface PlannedCase {
  readonly case: ConformanceCase;
  readonly plan: "run" | "skip" | "lost";
  /** Why it must fail; absent: it must pass. */
  readonly knownFailing?: string;
  /** Takes the server away from everyone: not to be run beside any other case. */
  readonly isExclusive: boolean;
}

export interface Plan {
  readonly subject: Subject;
  readonly slots: readonly SlotClaims[];
  /** In the order of the catalogue. */
  readonly cases: readonly PlannedCase[];
  readonly seeds: readonly [number, ...number[]];
  readonly deadlineMs: number;
  readonly filters: number;
  /** Every case of every slot the subject has. */
  readonly isWhole: boolean;
}

/** The run says nothing about the subject: there is something to mend first. */
export interface Misconfigured {
  /** What, as one sentence. */
  readonly misconfigured: string;
}

/**
 * Opens one client per slot and decides for each case whether it applies.
 *
 * Misconfigured are: an id that is in no case, wherever it is named; a subject without any slot, or without one that was
 * asked for; a server that can't be reached or a client that can't be opened; a slot of which nothing would run; a known
 * failing case that does not apply; no seed; no filters.
 */
export async function planRun(
  catalogue: readonly ConformanceCase[],
  subject: Subject,
  options: PlanOptions = {},
): Promise<Plan | Misconfigured> {
  const { only, slots, deadlineMs = DEADLINE_MS, filters = FILTERS, seeds: [firstSeed, ...moreSeeds] = [1] } = options;
  if (firstSeed === undefined) return { misconfigured: "seeds is empty: nothing would run" };
  if (!(filters >= 1)) return { misconfigured: `filters is ${filters}: none would be compared` };
  const unknown = unknownId(catalogue, options);
  if (unknown !== undefined) return unknown;
  const probed = await probeSlots(catalogue, subject, slots, deadlineMs);
  if ("misconfigured" in probed) return probed;
  const cases = plannedCases(catalogue, probed, options);
  const nothing = unexamined(cases, probed, options) ?? uselessKnownFailing(cases);
  if (nothing !== undefined) return { misconfigured: `${subject.name}: ${nothing}` };
  return {
    subject,
    slots: probed.map(({ claims }) => claims),
    cases,
    seeds: [firstSeed, ...moreSeeds],
    deadlineMs,
    filters,
    isWhole: only === undefined && slots === undefined,
  };
}

async function probeSlots(
  catalogue: readonly ConformanceCase[],
  subject: Subject,
  asked: readonly Part[] | undefined,
  deadlineMs: number,
): Promise<readonly ProbedSlot[] | Misconfigured> {
  const probed: ProbedSlot[] = [];
  for (const slot of asked ?? SLOTS) {
    try {
      const one = await probeSlot(subject, slot, catalogue, deadlineMs);
      if (one !== undefined) probed.push(one);
      else if (asked !== undefined) return { misconfigured: `${subject.name} has no ${slot}` };
    } catch (error) {
      return { misconfigured: `the ${slot} of ${subject.name} ${asError(error).message}` };
    }
  }
  if (probed.length > 0) return probed;
  return { misconfigured: `${subject.name} has no slot: none of ${SLOTS.join(", ")}` };
}

function plannedCases(
  catalogue: readonly ConformanceCase[],
  probed: readonly ProbedSlot[],
  { only, slots = SLOTS, pins = [], knownFailing = [] }: PlanOptions,
): readonly PlannedCase[] {
  return catalogue.flatMap((one): readonly PlannedCase[] => {
    if (!slots.includes(one.slot) || only?.includes(one.id) === false) return [];
    const why = knownFailing.find(({ id }) => id === one.id)?.why;
    const isPinned = pins.includes(one.id);
    const where = probed.find(({ claims }) => claims.slot === one.slot);
    if (where === undefined && !isPinned && why === undefined) return [];
    const applies = where?.applicable.has(one) ?? false;
    const isExclusive = where?.exclusive.has(one) ?? false;
    const plan = applies ? "run" : isPinned ? "lost" : "skip";
    return [{ case: one, plan, isExclusive, ...(why !== undefined && { knownFailing: why }) }];
  });
}

function unknownId(catalogue: readonly ConformanceCase[], options: PlanOptions): Misconfigured | undefined {
  const { pins = [], knownFailing = [], only = [] } = options;
  const known = new Set(catalogue.map(({ id }) => id));
  const named = Object.entries({ pins, knownFailing: knownFailing.map(({ id }) => id), only });
  for (const [where, ids] of named) {
    const unknown = ids.filter((id) => !known.has(id));
    if (unknown.length > 0) return { misconfigured: `no case has the id ${unknown.join(", ")}, named in ${where}` };
  }
  return undefined;
}

/** Which part of what was asked for would not be examined at all. */
function unexamined(
  cases: readonly PlannedCase[],
  probed: readonly ProbedSlot[],
  { only }: PlanOptions,
): string | undefined {
  const examined = cases.filter(({ plan }) => plan !== "skip");
  if (only !== undefined) return examined.length > 0 ? undefined : "no case named in only applies";
  const without = probed.find(({ claims }) => !examined.some((one) => one.case.slot === claims.slot));
  return without && `no case of the catalogue applies to its ${without.claims.slot}`;
}

function uselessKnownFailing(cases: readonly PlannedCase[]): string | undefined {
  const useless = cases.find((one) => one.knownFailing !== undefined && one.plan !== "run");
  return useless && `${useless.case.id} is named in knownFailing, but does not apply`;
}
