import { memoryHub, memoryMessaging, memoryRegistry } from "@muster/backend-memory";
import { describe, expect, test } from "vitest";
import type { ConformanceCase } from "../src/case.ts";
import { runConformance } from "../src/execution.ts";
import { withRegistry } from "../src/mutant.ts";
import { type Plan, type PlanOptions, planRun } from "../src/plan.ts";
import type { Subject } from "../src/subject.ts";
import { caseOf, memorySubject } from "./subjects.ts";

const never = (): boolean => false;
const stored = caseOf({ id: "registry/test/stored" });
const fails = caseOf({ id: "registry/test/fails", run: () => Promise.reject(new Error("boom")) });
const inapplicable = caseOf({ id: "registry/test/inapplicable", applies: never });
const sent: ConformanceCase = { ...caseOf({ id: "messaging/test/sent" }), slot: "messaging" };
const unsendable: ConformanceCase = { ...sent, id: "messaging/test/unsendable", applies: never };
const kept: ConformanceCase = { ...caseOf({ id: "durability/test/kept" }), slot: "durability" };
const recorded: ConformanceCase = { ...caseOf({ id: "outbox/test/recorded" }), slot: "outbox" };
const all = [stored, fails, inapplicable, sent, unsendable, kept, recorded];

async function sentence(subject: Subject, options?: PlanOptions, cases = all): Promise<string> {
  const plan = await planRun(cases, subject, options);
  return "misconfigured" in plan ? plan.misconfigured : "configured";
}

async function planned(subject: Subject, options?: PlanOptions): Promise<Plan> {
  const plan = await planRun(all, subject, options);
  if ("misconfigured" in plan) throw new Error(plan.misconfigured);
  return plan;
}

async function statuses(subject: Subject, options: PlanOptions): Promise<Readonly<Record<string, string>>> {
  const report = await runConformance(subject, { cases: all, ...options });
  if ("misconfigured" in report) throw new Error(report.misconfigured);
  return Object.fromEntries(report.cases.map(({ id, status }) => [id, status]));
}

describe("a run is misconfigured", () => {
  test("when an id is in no case, and says where it is named", async () => {
    const subject = memorySubject();
    const id = "registry/test/no-such";
    expect(await sentence(subject, { pins: [id] })).toBe(`no case has the id ${id}, named in pins`);
    expect(await sentence(subject, { only: [id] })).toBe(`no case has the id ${id}, named in only`);
    expect(await sentence(subject, { knownFailing: [{ id, why: "" }] })).toBe(
      `no case has the id ${id}, named in knownFailing`,
    );
  });

  test("when the subject has no slot, or lacks the one that is asked for", async () => {
    const hub = memoryHub();
    expect(await sentence({ name: "empty" })).toBe(
      "empty has no slot: none of registry, messaging, durability, outbox",
    );
    const onlyRegistry = { name: "half", registry: () => memoryRegistry({ hub }) };
    expect(await sentence(onlyRegistry, { slots: ["messaging"] })).toBe("half has no messaging");
  });

  test("when the server can't be reached", async () => {
    const hub = memoryHub();
    hub.faults.down("store");
    const subject = { name: "away", registry: () => memoryRegistry({ hub }) };
    expect(await sentence(subject)).toMatch(/^the registry of away could not be opened: \[UNAVAILABLE\]/);
  });

  test("when the client can't even be made", async () => {
    const subject: Subject = {
      name: "broken",
      messaging: () => {
        throw new Error("no url");
      },
    };
    expect(await sentence(subject)).toBe("the messaging of broken could not be made: no url");
  });

  test("when opening does not end, whatever its signal says", async () => {
    const subject = withRegistry(memorySubject(), () => ({ open: () => new Promise(() => {}) }));
    expect(await sentence(subject, { deadlineMs: 20 })).toBe(
      "the registry of memory could not be opened: it has not ended after 20 ms",
    );
  });

  test("when a gate can't make anything of what a client claims", async () => {
    const gate = (): boolean => {
      throw new Error("no such trait");
    };
    expect(await sentence(memorySubject(), {}, [caseOf({ applies: gate })])).toBe(
      "the registry of memory could not be asked for its traits and facets: no such trait",
    );
  });

  test("when nobody can look into its transactions", async () => {
    const { transactionProbe: _, ...subject } = memorySubject();
    expect(await sentence(subject)).toBe(
      "the durability of memory could not be asked for its traits and facets: " +
        "it has transactions, and the subject no transactionProbe to look into them",
    );
  });

  test("when nobody can begin transactions for its outbox", async () => {
    const { outboxProbe: _, ...subject } = memorySubject();
    expect(await sentence(subject)).toBe(
      "the outbox of memory could not be asked for its traits and facets: " +
        "the subject has no outboxProbe to begin transactions for it",
    );
  });

  test("when no case applies to a slot that the subject has", async () => {
    expect(await sentence(memorySubject(), {}, [stored, unsendable])).toBe(
      "memory: no case of the catalogue applies to its messaging",
    );
    expect(await sentence(memorySubject(), {}, [])).toContain("no case of the catalogue applies");
  });

  test("when none of the only cases to run applies", async () => {
    expect(await sentence(memorySubject(), { only: [inapplicable.id] })).toBe("memory: no case named in only applies");
    expect(await sentence(memorySubject(), { only: [] })).toBe("memory: no case named in only applies");
    expect(await sentence(memorySubject(), { only: [stored.id], slots: ["messaging"] })).toContain("no case named");
  });

  test("when a known failing case does not apply", async () => {
    expect(await sentence(memorySubject(), { knownFailing: [{ id: inapplicable.id, why: "" }] })).toBe(
      `memory: ${inapplicable.id} is named in knownFailing, but does not apply`,
    );
  });

  test("when there is no seed", async () => {
    expect(await sentence(memorySubject(), { seeds: [] })).toBe("seeds is empty: nothing would run");
  });
});

describe("a plan", () => {
  test("runs what applies and skips what doesn't, in the order of the catalogue", async () => {
    const { cases } = await planned(memorySubject());
    expect(cases.map((one) => [one.case.id, one.plan])).toEqual([
      [stored.id, "run"],
      [fails.id, "run"],
      [inapplicable.id, "skip"],
      [sent.id, "run"],
      [unsendable.id, "skip"],
      [kept.id, "run"],
      [recorded.id, "run"],
    ]);
  });

  test("leaves out the slots that the subject lacks, but not a pin in them", async () => {
    const hub = memoryHub();
    const subject = { name: "half", messaging: () => memoryMessaging({ hub }) };
    expect((await planned(subject)).cases.map((one) => one.case)).toEqual([sent, unsendable]);
    const { cases } = await planned(subject, { pins: [stored.id] });
    expect(cases.map((one) => one.plan)).toEqual(["lost", "run", "skip"]);
  });

  test("keeps cases that cut the server off apart, and only them", async () => {
    const cuts = caseOf({ id: "registry/test/cuts", applies: (_, { faults }) => faults !== undefined });
    const plan = await planRun([cuts, stored, sent, kept, recorded], memorySubject());
    expect("cases" in plan && plan.cases.map(({ isExclusive }) => isExclusive)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  test("knows traits and facets of each slot, and how much of a filter is native", async () => {
    const { slots } = await planned(memorySubject());
    expect(slots.map(({ slot, backend }) => [slot, backend])).toEqual([
      ["registry", "memory"],
      ["messaging", "memory"],
      ["durability", "memory"],
      ["outbox", "memory"],
    ]);
    expect(slots[0]?.traits).toMatchObject({ consistency: "linearizable" });
    expect(slots[0]?.facets).toMatchObject({ counts: true, filters: { eq: "exact", regex: "candidates" } });
    expect(slots[1]?.facets).toEqual({ columns: true });
    expect(slots[2]?.facets).toEqual({ tracking: true, transactions: true, deadLetters: true });
    expect(slots[3]?.facets).toEqual({ bells: true });
  });

  test("is whole only when nothing was left out", async () => {
    expect((await planned(memorySubject())).isWhole).toBe(true);
    expect((await planned(memorySubject(), { only: [stored.id] })).isWhole).toBe(false);
    expect((await planned(memorySubject(), { slots: ["registry"] })).isWhole).toBe(false);
  });
});

describe("a case fails", () => {
  test("when it is pinned and no longer applies", async () => {
    const report = await runConformance(memorySubject(), {
      cases: all,
      pins: [inapplicable.id],
      only: [inapplicable.id],
    });
    expect(report).toMatchObject({
      verdict: "failed",
      cases: [
        { status: "failed", error: `${inapplicable.id} is pinned, but no longer applies to memory: a claim was lost` },
      ],
    });
  });

  test("when it is known to fail and passes", async () => {
    const knownFailing = [{ id: stored.id, why: "of old" }];
    const report = await runConformance(memorySubject(), { cases: all, knownFailing, only: [stored.id] });
    expect(report).toMatchObject({
      verdict: "failed",
      cases: [{ error: `${stored.id} is named in knownFailing, but passes: take it off the list` }],
    });
  });

  test("but not when it is known to fail and does", async () => {
    const knownFailing = [{ id: fails.id, why: "of a missing index" }];
    expect(await statuses(memorySubject(), { knownFailing, pins: [stored.id, fails.id] })).toEqual({
      [stored.id]: "passed",
      [fails.id]: "known failing",
      [inapplicable.id]: "not applicable",
      [sent.id]: "passed",
      [unsendable.id]: "not applicable",
      [kept.id]: "passed",
      [recorded.id]: "passed",
    });
  });

  test("with any of the seeds, and names the seed that shows it again", async () => {
    const drawn: number[] = [];
    const unlucky = caseOf({
      run: async ({ random }) => {
        drawn.push(random());
        if (drawn.length === 2) throw new Error(`drew ${drawn[1]}`);
      },
    });
    const report = await runConformance(memorySubject(), { cases: [unlucky], slots: ["registry"], seeds: [3, 5, 8] });
    expect(report).toMatchObject({
      cases: [{ error: expect.stringContaining(`registry/test/case (seed 5): drew ${drawn[1]}`) }],
    });
    await runConformance(memorySubject(), { cases: [unlucky], slots: ["registry"], seeds: [5] });
    expect(drawn[2]).toBe(drawn[1]);
  });
});
