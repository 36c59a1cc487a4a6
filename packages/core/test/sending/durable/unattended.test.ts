import { expect, test } from "vitest";
import type { DurabilityBackend } from "../../../src/slots/index.ts";
import { Fleets } from "../../support/fleets.ts";
import { interposed } from "../../support/interposed.ts";

const KEPT = { delivery: "at-least-once" } as const;

/** Notes which of these are called, in order. */
function noting(calls: string[]): (plain: DurabilityBackend) => DurabilityBackend {
  return (plain) => {
    const { tracking } = plain;
    if (tracking === undefined) throw new Error("it tracks");
    const noted = interposed(tracking, {
      begin: (original) => async (start, call) => {
        const begun = await original(start, call);
        calls.push("begun");
        return begun;
      },
      counts: (original) => async (id, call) => {
        calls.push("counts");
        return original(id, call);
      },
      deliveries: (original) => (id, query, call) => {
        calls.push("deliveries");
        return original(id, query, call);
      },
    });
    return interposed(plain, {
      tracking: () => noted,
      enqueueMany: (original) => async (message, targets, options, call) => {
        calls.push("enqueue");
        return original(message, targets, options, call);
      },
    });
  };
}

test("where nobody is attached the sender knows what it has enqueued, and doesn't ask", async () => {
  const calls: string[] = [];
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: noting(calls) });
  for (const name of ["cleo", "ada", "bob"]) await fleet.register(name, {});
  const { id, ...report } = await fleet.multicast(null, "hi", KEPT);
  expect(calls).toEqual(["begun", "enqueue"]);
  expect(report).toMatchObject({ targetCount: 3, pendingCount: 3 });
  expect(await fleet.report(id)).toEqual({ id, ...report });
});

test("what others may have enqueued before is asked for", async () => {
  const calls: string[] = [];
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: noting(calls) });
  await fleet.register("ada", {});
  const { id } = await fleet.multicast(null, "hi", KEPT);
  await fleet.register("bob", {});
  calls.length = 0;
  expect(await fleet.resend(id)).toMatchObject({ targetCount: 2, pendingCount: 2 });
  expect(calls).toContain("counts");
});

test("of more than it can list a report names the first in order, and counts all", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  const names = Array.from({ length: 2_500 }, (_, index) => `sensor-${String(index).padStart(4, "0")}`);
  await Promise.all(names.map((name) => fleet.register(name, {})));
  const { id, ...report } = await fleet.multicast(null, "hi", KEPT);
  expect(report).toMatchObject({ targetCount: 2_500, pendingCount: 2_500 });
  expect(report.statuses.map(({ identity }) => identity)).toEqual(names.slice(0, 1_000));
  expect(await fleet.report(id)).toEqual({ id, ...report });
});
