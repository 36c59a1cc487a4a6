/** What a run is going to do, decided before any case runs; or why there is nothing to run. */

import type { ConformanceCase, Slot } from "./case.ts";
import { type ProbedSlot, probeSlot, type SlotClaims } from "./probe.ts";
import { asError } from "./run.ts";
import type { Subject } from "./subject.ts";

export const SLOTS: readonly Slot[] = ["registry", "messaging"];

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
  readonly slots?: readonly Slot[];
  /** Each case runs once with each. Default `[1]`. */
  readonly seeds?: readonly number[];
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
 * failing case that does not apply; no seed.
 */
export async function planRun(
  catalogue: readonly ConformanceCase[],
  subject: Subject,
  options: PlanOptions = {},
): Promise<Plan | Misconfigured> {
  const { only, slots: asked = SLOTS, seeds: [firstSeed, ...moreSeeds] = [1] } = options;
  if (firstSeed === undefined) return { misconfigured: "seeds is empty: nothing would run" };
  const unknown = unknownId(catalogue, options);
  if (unknown !== undefined) return unknown;
  const probed: ProbedSlot[] = [];
  for (const slot of asked) {
    try {
      const one = await probeSlot(subject, slot, catalogue);
      if (one !== undefined) probed.push(one);
      else if (options.slots !== undefined) return { misconfigured: `${subject.name} has no ${slot}` };
    } catch (error) {
      return { misconfigured: `the ${slot} of ${subject.name} could not be opened: ${asError(error).message}` };
    }
  }
  if (probed.length === 0) return { misconfigured: `${subject.name} has no slot: neither registry nor messaging` };
  const isMeant = ({ id, slot }: ConformanceCase): boolean => asked.includes(slot) && (only?.includes(id) ?? true);
  const has = (slot: Slot): boolean => probed.some(({ claims }) => claims.slot === slot);
  const cases = catalogue
    .filter(isMeant)
    .map((one) => planned(one, probed, options))
    .filter((one) => has(one.case.slot) || one.plan === "lost" || one.knownFailing !== undefined);
  const nothing = unexamined(cases, probed, options) ?? uselessKnownFailing(cases);
  if (nothing !== undefined) return { misconfigured: `${subject.name}: ${nothing}` };
  return {
    subject,
    slots: probed.map(({ claims }) => claims),
    cases,
    seeds: [firstSeed, ...moreSeeds],
    isWhole: only === undefined && options.slots === undefined,
  };
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

function planned(one: ConformanceCase, probed: readonly ProbedSlot[], options: PlanOptions): PlannedCase {
  const { pins = [], knownFailing = [] } = options;
  const applies = probed.some(({ applicable }) => applicable.has(one));
  const why = knownFailing.find(({ id }) => id === one.id)?.why;
  return {
    case: one,
    plan: applies ? "run" : pins.includes(one.id) ? "lost" : "skip",
    isExclusive: probed.some(({ exclusive }) => exclusive.has(one)),
    ...(why === undefined ? {} : { knownFailing: why }),
  };
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
