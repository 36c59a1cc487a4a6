/** The pattern's cases, tested the other way: they notice every composition that is broken. */

import { describe, expect, test } from "vitest";
import type { ConformanceCase } from "../../src/case.ts";
import { patternCatalogue } from "../../src/cases/pattern-cases.ts";
import type { Mutant } from "../../src/mutant.ts";
import { patternMutants } from "../../src/mutants/pattern-mutants.ts";
import { planRun } from "../../src/plan.ts";
import { runCase } from "../../src/run.ts";
import type { Subject } from "../../src/subject.ts";
import { memorySubject } from "../subjects.ts";

const DEADLINE_MS = 15_000;
const PATIENCE_MS = 750;
/** In one history of six or so, what a mutant does has another reason, or never comes up: one of several shows it. */
const HISTORY_SEEDS = [1, 2, 3, 4, 5];

const ids = patternCatalogue.map(({ id }) => id);

/** The cases it names that let it live, and why nothing could be said of others. */
async function survivedBy(mutant: Mutant): Promise<readonly string[]> {
  const subject = mutant.of({ ...memorySubject(), patienceMs: PATIENCE_MS });
  const plan = await planRun(patternCatalogue, subject, { only: mutant.kills, slots: ["pattern"] });
  if ("misconfigured" in plan) return [plan.misconfigured];
  const survived: string[] = [];
  for (const { case: one } of plan.cases) {
    const how = await survival(subject, one);
    if (how !== undefined) survived.push(`${one.id}: ${how}`);
  }
  return survived;
}

/** How the subject survives the case; `undefined`: it does not. */
async function survival(subject: Subject, one: ConformanceCase): Promise<string | undefined> {
  let status = "";
  for (const seed of one.id.endsWith("/history") ? HISTORY_SEEDS : [1]) {
    const result = await runCase(subject, one, { seed, deadlineMs: DEADLINE_MS });
    if (result.error?.message.startsWith("it has not ended") === true) return "hangs instead of failing";
    ({ status } = result);
    if (status === "failed") return undefined;
  }
  return status;
}

/** Whether it does anything right: a mutant that fails whatever is asked of it shows nothing about the case it names. */
async function hasOneFaultOnly(mutant: Mutant): Promise<boolean> {
  const subject = mutant.of({ ...memorySubject(), patienceMs: PATIENCE_MS });
  for (const one of patternCatalogue.filter(({ id }) => !mutant.kills.includes(id))) {
    const { status } = await runCase(subject, one, { seed: 1, deadlineMs: DEADLINE_MS });
    if (status === "passed") return true;
  }
  return false;
}

test("every case is named once, in kebab case, with its guarantee", () => {
  expect(new Set(ids).size).toBe(ids.length);
  const name = /^pattern\/(at-most-once|acknowledged|durable|exactly-once)\/[a-z-]+$/u;
  expect(ids.filter((id) => !name.test(id))).toEqual([]);
});

test("every case kills a mutant, and mutants name cases that exist", () => {
  const killers = new Set(patternMutants.flatMap(({ kills }) => kills));
  expect(ids.filter((id) => !killers.has(id))).toEqual([]);
  expect([...killers].filter((id) => !ids.includes(id))).toEqual([]);
  expect(new Set(patternMutants.map(({ id }) => id)).size).toBe(patternMutants.length);
});

describe("every case named by the mutant kills it", { concurrent: true, timeout: 60_000 }, () => {
  for (const mutant of patternMutants) {
    test(`${mutant.id}: ${mutant.breaks}`, async ({ expect: expectHere }) => {
      expectHere(await survivedBy(mutant)).toEqual([]);
      expectHere(await hasOneFaultOnly(mutant)).toBe(true);
    });
  }
});
