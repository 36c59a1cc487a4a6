/** The kit, tested both ways: it lets the memory backend pass, and notices everything it claims to notice. */

import { describe, expect, test } from "vitest";
import { catalogue } from "../src/catalogue.ts";
import type { Mutant } from "../src/mutant.ts";
import { mutants } from "../src/mutants/index.ts";
import { planRun } from "../src/plan.ts";
import { runCase } from "../src/run.ts";
import { memorySubject } from "./subjects.ts";

const DEADLINE_MS = 10_000;

const ids = catalogue.map(({ id }) => id);

function repeated(all: readonly string[]): readonly string[] {
  return all.filter((one, index) => all.indexOf(one) !== index);
}

/** The cases it names that let it live, and why nothing could be said of others. */
async function survivedBy(mutant: Mutant): Promise<readonly string[]> {
  const subject = mutant.of({ ...memorySubject(), patienceMs: 250 });
  const plan = await planRun(catalogue, subject, { only: mutant.kills });
  if ("misconfigured" in plan) return [plan.misconfigured];
  const survived: string[] = [];
  for (const planned of plan.cases) {
    const { id } = planned.case;
    const { status, error } = await runCase(subject, planned.case, { seed: 1, deadlineMs: DEADLINE_MS });
    if (status !== "failed") survived.push(`${id}: ${status}`);
    if (error?.message.startsWith("it has not ended")) survived.push(`${id}: hangs instead of failing`);
  }
  return survived;
}

/** Whether it does anything right: a mutant that fails whatever is asked of it shows nothing about the case it names. */
async function hasOneFaultOnly(mutant: Mutant): Promise<boolean> {
  const subject = mutant.of({ ...memorySubject(), patienceMs: 250 });
  const slots = new Set(mutant.kills.map((id) => id.split("/")[0]));
  for (const one of catalogue.filter(({ id, slot }) => slots.has(slot) && !mutant.kills.includes(id))) {
    const { status, error } = await runCase(subject, one, { seed: 1, deadlineMs: DEADLINE_MS });
    // A client that never closes fails every case, but only behind it.
    if (status === "passed" || error?.message.startsWith("memory: close() has not ended") === true) return true;
  }
  return false;
}

describe("the catalogue", () => {
  test("has cases for every slot", () => {
    expect(new Set(catalogue.map(({ slot }) => slot))).toEqual(
      new Set(["registry", "messaging", "durability", "outbox"]),
    );
  });

  test("names every case once, in kebab case, slot first", () => {
    expect(repeated(ids)).toEqual([]);
    const misnamed = catalogue.filter(
      ({ id, slot }) => !/^[a-z0-9-]+(\/[a-z0-9-]+){2,}$/.test(id) || !id.startsWith(`${slot}/`),
    );
    expect(misnamed.map(({ id }) => id)).toEqual([]);
  });

  test("says each rule as one sentence", () => {
    const others = catalogue.filter(({ rule }) => !/^\S.{10,}[^.]\.$/u.test(rule));
    expect(others.map(({ id, rule }) => `${id}: ${rule}`)).toEqual([]);
  });
});

describe("the mutants", () => {
  test("are at least 35, each with a name of its own", () => {
    expect(repeated(mutants.map(({ id }) => id))).toEqual([]);
    expect(mutants.length).toBeGreaterThanOrEqual(35);
  });

  test("name cases that exist", () => {
    const unknown = mutants.flatMap(({ id, kills }) =>
      kills.filter((one) => !ids.includes(one)).map((one) => `${id}: ${one}`),
    );
    expect(unknown).toEqual([]);
  });

  test("leave no case that kills none", () => {
    const killers = new Set(mutants.flatMap(({ kills }) => kills));
    expect(ids.filter((id) => !killers.has(id))).toEqual([]);
  });
});

describe("every case named by the mutant kills it, and not every case does", {
  concurrent: true,
  timeout: 2 * DEADLINE_MS,
}, () => {
  for (const mutant of mutants) {
    test(`${mutant.id}: ${mutant.breaks}`, async ({ expect: expectHere }) => {
      expectHere(await survivedBy(mutant)).toEqual([]);
      expectHere(await hasOneFaultOnly(mutant)).toBe(true);
    });
  }
});
