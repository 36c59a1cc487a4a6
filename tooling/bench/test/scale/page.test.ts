import { expect, test } from "vitest";
import { nameOf } from "../../src/performance/promised.ts";
import { scalePage } from "../../src/scale/page.ts";
import { SCALE_PLAYS } from "../../src/scale/plays.ts";
import { SCENARIOS } from "../../src/scenarios/catalogue.ts";
import { compositionOf } from "../../src/compositions.ts";
import { type Churned, churned } from "./churned.ts";

function page(...results: readonly Churned[]): string {
  const stored = results.map((one) => churned(one));
  return scalePage(new Map(stored.map((one) => [nameOf(one), one]))).text;
}

const SMALL: Churned = { size: 10_000, calm: 0.1 };
const LARGE: Churned = { size: 100_000, calm: 0.19, busy: 0.39 };

test("every play is of a scenario and on a composition that there are", () => {
  for (const { scenario, on = "" } of SCALE_PLAYS) {
    expect(SCENARIOS.get(scenario)?.runOn).toBeTypeOf("function");
    expect(compositionOf(on).name).toBe(on);
  }
});

test("nothing measured leaves no gap of the template unfilled", () => {
  const text = page();
  expect(text).not.toContain("{{");
  expect(text).toContain(`Of ${SCALE_PLAYS.length} plays ${SCALE_PLAYS.length} have not been measured`);
});

test("a gap that nothing fills is an error", () => {
  expect(() => scalePage(new Map(), "{{nonsense}}")).toThrow('a gap "nonsense" that nothing fills');
});

test("a row says what was measured, and predictions follow the lines", () => {
  const text = page(SMALL, LARGE);
  expect(text).toContain("| redis+nats | 100,000 | 1 %/s | 1000/s, 1000/s | **0.690** | 0.200 | 0.390 | 0.100 |");
  expect(text).toContain("| redis+nats | cores of redis | 100,000 | 0.390 cores | 3.00 cores | 111 µs |");
  expect(text).toMatch(
    /\| redis\+nats \| 10,000,000 \| 0\.200 \| redis: 30\.1 cores, 9\.54 GB, so \*\*51\*\*; nats: /u,
  );
  expect(text).toContain("| redis+nats | cores of redis: 1 | 0.303 M | memory of redis: 64.0 GB | 67.1 M |");
});

test.each([{ unanswered: 3 }, { sent: 0.9 }])(
  "a load that was not kept up with is marked, and in no slope: %j",
  (less) => {
    const text = page(SMALL, { ...LARGE, ...less });
    expect(text).toContain("| redis+nats | 100,000 | 1 %/s ‡ |");
    expect(text).toContain("| redis+nats | 100,000 | 0.1 %/s |");
    expect(text).toContain("| redis+nats | cores of redis | 100,000 |");
  },
);
