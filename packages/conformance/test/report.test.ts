import { describe, expect, test } from "vitest";
import type { ConformanceCase } from "../src/case.ts";
import { type ConformanceOptions, runConformance } from "../src/execution.ts";
import { conformanceMarkdown } from "../src/markdown.ts";
import type { Report } from "../src/report.ts";
import { caseOf, memorySubject } from "./subjects.ts";

const cases: readonly ConformanceCase[] = [
  caseOf({ id: "registry/ttl/expires", rule: "Expired is gone." }),
  caseOf({ id: "registry/ttl/renews", rule: "A | renews.", run: () => Promise.reject(new Error("boom")) }),
  caseOf({ id: "registry/scan/pages", applies: () => false }),
  { ...caseOf({ id: "messaging/order/kept", run: () => Promise.reject(new Error("late")) }), slot: "messaging" },
  { ...caseOf({ id: "messaging/order/other" }), slot: "messaging" },
  { ...caseOf({ id: "durability/settle/ends" }), slot: "durability" },
  { ...caseOf({ id: "outbox/record/commits" }), slot: "outbox" },
];
const knownFailing = [{ id: "messaging/order/kept", why: "The broker has no order." }];

async function report(options: ConformanceOptions = {}): Promise<Report> {
  const done = await runConformance(memorySubject(), { cases, knownFailing, ...options });
  if ("misconfigured" in done) throw new Error(done.misconfigured);
  return done;
}

describe("a report", () => {
  test("says what became of each case, and counts it", async () => {
    const { kit, subject, verdict, seeds, counts, cases: reported } = await report({ seeds: [7] });
    expect(kit).toEqual({ name: "@muster/conformance", version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    expect({ subject, verdict, seeds }).toEqual({ subject: "memory", verdict: "failed", seeds: [7] });
    expect(counts).toEqual({ passed: 4, failed: 1, "known failing": 1, "not applicable": 1 });
    expect(reported.map(({ status }) => status)).toEqual([
      "passed",
      "failed",
      "not applicable",
      "known failing",
      "passed",
      "passed",
      "passed",
    ]);
    expect(reported[1]?.error).toBe("registry/ttl/renews (seed 7): boom\nThe rule: A | renews.");
    expect(reported[3]?.why).toBe("The broker has no order.");
  });

  test("is the same for every order and every run", async () => {
    const text = JSON.stringify(await report());
    expect(JSON.stringify(await report())).toBe(text);
    for (const order of ["reverse", 7] as const) expect(JSON.stringify(await report({ order }))).toBe(text);
    expect(JSON.stringify(await report({ parallel: true }))).toBe(text);
  });

  test("is plain JSON", async () => {
    const done = await report();
    expect(JSON.parse(JSON.stringify(done))).toEqual(done);
  });
});

describe("CONFORMANCE.md", () => {
  test("shows traits, facets, and the cases by topic", async () => {
    const text = conformanceMarkdown(await report());
    expect(text).toContain("# Conformance: memory\n");
    expect(text).toContain("| `clock.source` | store |");
    expect(text).toContain("| `maxPayloadBytes` | 1,048,576 |");
    expect(text).toContain("| candidates: narrows down, or takes some operands only | `regex` |");
    const headings = text.split("\n").filter((line) => line.startsWith("#"));
    expect(headings).toEqual([
      "# Conformance: memory",
      "## Registry",
      "### Registry: ttl",
      "### Registry: scan",
      "## Messaging",
      "### Messaging: order",
      "## Durability",
      "### Durability: settle",
      "## Outbox",
      "### Outbox: record",
      "## Known failing",
    ]);
    expect(text).toContain("| `tracking`: any process can read what became of a multicast | yes |");
    expect(text).toContain("| `bells`: tells at once when something has been committed | yes |");
    expect(text).toContain("| `registry/ttl/expires` | Expired is gone. | passed |");
    expect(text).toContain("| `messaging/order/kept` | The broker has no order. |");
  });

  test("keeps its tables whole whatever a rule says", async () => {
    expect(conformanceMarkdown(await report())).toContain(String.raw`| A \| renews. | failed |`);
  });
});

describe("the order of a run", () => {
  async function ran(options: ConformanceOptions): Promise<readonly string[]> {
    const ids: string[] = [];
    await runConformance(memorySubject(), { cases, ...options }, ({ id }) => ids.push(id));
    return ids;
  }

  test("is the catalogue's, the reverse, or shuffled the same way by the same number", async () => {
    const given = cases.map(({ id }) => id);
    expect(await ran({})).toEqual(given);
    expect(await ran({ order: "reverse" })).toEqual(given.toReversed());
    const shuffled = await ran({ order: 3 });
    expect(shuffled).not.toEqual(given);
    expect(shuffled.toSorted()).toEqual(given.toSorted());
    expect(await ran({ order: 3 })).toEqual(shuffled);
  });
});

describe("a parallel run", () => {
  test("has cases beside each other, but none beside one that cuts the server off", async () => {
    let running = 0;
    const beside = { shared: 0, cutting: 0 };
    const watched = (id: string, kind: "shared" | "cutting"): ConformanceCase =>
      caseOf({
        id,
        applies: (_, { faults }) => kind === "shared" || faults !== undefined,
        run: async ({ peer }) => {
          running += 1;
          await peer();
          beside[kind] = Math.max(beside[kind], running);
          await peer();
          running -= 1;
        },
      });
    const all = [
      watched("registry/test/a", "shared"),
      watched("registry/test/cut-1", "cutting"),
      watched("registry/test/b", "shared"),
      watched("registry/test/cut-2", "cutting"),
    ];
    await runConformance(memorySubject(), { cases: all, slots: ["registry"], parallel: true });
    expect(beside).toEqual({ shared: 2, cutting: 1 });
  });
});
