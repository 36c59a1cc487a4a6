import { expect, test } from "vitest";
import type { Fleet } from "../../src/fleet.ts";
import { eventually } from "../support/eventually.ts";
import { Fleets } from "../support/fleets.ts";

const STEADY = 10_000;
const NOBODY_REAPS = { sessionLeaseMs: 30_000, ttlMs: 60_000, timeoutMs: 30_000 };

test("10,000 who are registered throughout get exactly one message while others come, go, move and change", async () => {
  await using fleets = new Fleets();
  const processes = await fleets.openMany(4, { timing: NOBODY_REAPS });
  const at = (index: number): Fleet => {
    const process = processes[index % processes.length];
    if (process === undefined) throw new Error("no process");
    return process.fleet;
  };
  const received = new Map<string, number>();
  const enter = async (identity: string, index: number): Promise<void> => {
    const onMessage = (): void => void received.set(identity, (received.get(identity) ?? 0) + 1);
    await at(index).register(identity, { index }, { onMessage, replace: true });
  };
  for (let from = 0; from < STEADY; from += 1_000)
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => enter(`steady-${from + n}`, from + n)));

  let isOver = false;
  const churn = (async (): Promise<number> => {
    let round = 0;
    for (; !isOver; round += 1) {
      const index = round;
      const passing = Array.from({ length: 20 }, (_, n) => `${n % 2 === 0 ? "a" : "zz"}-${index}-${n}`);
      await Promise.all(passing.map((name, n) => enter(name, n)));
      await Promise.all(passing.slice(0, 5).map((name, n) => at(n + 1).unregister(name)));
      await Promise.all(passing.slice(5, 10).map((name, n) => enter(name, n + 1))); // Moves to another process.
    }
    return round;
  })();
  const report = await at(0).multicast(null, "x");
  isOver = true;
  expect(await churn).toBeGreaterThan(0);

  const steady = (): readonly number[] =>
    [...received].flatMap(([identity, count]) => (identity.startsWith("steady-") ? [count] : []));
  await eventually("everyone steady has it", () => steady().length === STEADY);
  const last: string[] = [];
  await at(0).register("last", {}, { onMessage: (message) => void last.push(message.text()) });
  await at(1).multicast({ $identity: "last" }, "afterwards");
  await eventually("what was sent before has arrived", () => last.length === 1);
  expect(new Set(steady())).toEqual(new Set([1]));
  expect(new Set(received.values())).toEqual(new Set([1]));
  expect(report.targetCount).toBe(report.deliveredCount + report.failedCount + report.timeoutCount);
  expect(report.targetCount).toBeGreaterThanOrEqual(STEADY);
}, 30_000);
