/** What a composition is asked for: what it can give, and nothing else. */

import { memoryDurability, memoryHub, memoryMessaging, memoryRegistry } from "@muster/backend-memory";
import { expect, test } from "vitest";
import { patternCatalogue } from "../../src/cases/pattern-cases.ts";
import { planRun } from "../../src/plan.ts";
import type { Subject } from "../../src/subject.ts";
import { node } from "../processes.ts";
import { memorySubject } from "../subjects.ts";

const hub = memoryHub();
const registry = { name: "memory", registry: () => memoryRegistry({ hub }) };
const messaging = { messaging: () => memoryMessaging({ hub }) };
const durability = { durability: () => memoryDurability({ hub }), transactionProbe: memorySubject().transactionProbe };

/** The guarantees of which something would run; a sentence where nothing would. */
async function asked(subject: Subject): Promise<readonly string[] | string> {
  const plan = await planRun(patternCatalogue, subject, { slots: ["pattern"] });
  if ("misconfigured" in plan) return plan.misconfigured;
  const cases = plan.cases.filter(({ plan: what }) => what === "run");
  return [...new Set(cases.map(({ case: { id } }) => id.split("/")[1] ?? ""))];
}

test("messaging alone is asked for at-most-once and for acknowledgements", async () => {
  expect(await asked({ ...registry, ...messaging })).toEqual(["at-most-once", "acknowledged"]);
});

test("durability alone is asked for what a store gives", async () => {
  expect(await asked({ ...registry, ...durability })).toEqual(["durable", "exactly-once"]);
});

test("a registry alone carries no message, and a composition without one is none", async () => {
  expect(await asked(registry)).toBe("memory has no pattern");
  expect(await asked({ name: "memory", ...messaging })).toBe("memory has no pattern");
});

test("processes that can die add the cases in which they do", async () => {
  const count = async (subject: Subject): Promise<number> => {
    const plan = await planRun(patternCatalogue, subject, { slots: ["pattern"] });
    return "cases" in plan ? plan.cases.filter(({ plan: what }) => what === "run").length : 0;
  };
  const { mortal: _mortal, ...immortal } = memorySubject();
  expect(await count(memorySubject())).toBe(patternCatalogue.length);
  expect(await count(immortal)).toBeLessThan(patternCatalogue.length);
});

test("node:test runs what applies and skips the rest", { timeout: 60_000 }, () => {
  const { code, out } = node(["--test-reporter", "tap", "node-test-pattern.fixture.ts"]);
  expect(out).toMatch(/ok \d - pattern\/at-most-once\/everyone-once: .*once, and nobody else does\.\n/u);
  expect(out).toMatch(/ok \d - pattern\/acknowledged\/everyone-once: [^#\n]*\n/u);
  expect(out).toMatch(/ok \d - pattern\/durable\/everyone-once: .*# SKIP/u);
  expect(out).toMatch(/ok \d - pattern\/at-most-once\/history: .*# SKIP/u);
  expect(code).toBe(0);
});
