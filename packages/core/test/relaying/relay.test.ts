import { expect, test } from "vitest";
import type { MulticastReport } from "../../src/slots/index.ts";
import { all } from "../support/all.ts";
import { eventually } from "../support/eventually.ts";
import { Fleets } from "../support/fleets.ts";
import { Ledger } from "../support/ledgers.ts";

const DURABLE = { durability: true, outbox: true } as const;

function sum({ deliveredCount, pendingCount, failedCount, timeoutCount }: MulticastReport): number {
  return deliveredCount + pendingCount + failedCount + timeoutCount;
}

test("what has committed is delivered once, and its receipts say so", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open(DURABLE);
  const heard: string[] = [];
  await fleet.register("ada", {}, { onMessage: (message) => void heard.push(message.text()) });
  const transaction = new Ledger(fleets.hub).begin();

  const report = await fleet.multicast(null, "hi", { transaction });
  expect(report).toMatchObject({ targetCount: 1, pendingCount: 1, statuses: [{ identity: "ada", status: "pending" }] });
  expect(heard).toEqual([]);
  await transaction.commit();

  await eventually("it is delivered", async () => (await fleet.report(report.id)).deliveredCount === 1);
  expect(heard).toEqual(["hi"]);
  expect(await all(fleet.deliveries(report.id))).toEqual([{ identity: "ada", status: "delivered" }]);
  expect(await fleet.backlog()).toEqual({ deliveries: 0, oldestMs: undefined });
});

test("over messaging alone it waits in the outbox until its recipient has acknowledged it", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ outbox: true });
  const heard: string[] = [];
  await fleet.register("ada", {}, { onMessage: (message) => void heard.push(message.text()) });
  const { id } = await new Ledger(fleets.hub).send(fleet, "hi");
  const report = await eventually("it is delivered", async () => {
    const now = await fleet.report(id);
    expect(sum(now)).toBe(1);
    return now.deliveredCount === 1 && now;
  });
  expect(report).toMatchObject({ targetCount: 1, deliveredCount: 1, statuses: [] });
  expect(heard).toEqual(["hi"]);
});
