import { expect, test } from "vitest";
import type { MulticastReport } from "../../src/slots/index.ts";
import { STEADY } from "../support/acknowledged-sender.ts";
import { all } from "../support/all.ts";
import { eventually } from "../support/eventually.ts";
import { Fleets } from "../support/fleets.ts";
import { interposed } from "../support/interposed.ts";
import { Ledger } from "../support/ledgers.ts";
import { names } from "../support/world.ts";

const DURABLE = { durability: true, outbox: true, ...STEADY } as const;

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

test("bells are enough: nobody waits for a poll", async () => {
  await using fleets = new Fleets();
  const timing = { ...STEADY.timing, relayPollMs: 600_000, pollIntervalMs: 600_000, relayLeaseMs: 600_000 };
  const [relay, receiver] = [
    await fleets.open({ ...DURABLE, timing }),
    await fleets.open({ ...DURABLE, relay: false, timing }),
  ];
  await eventually("it has its shards", () => relay.fleet.status().relay.shards === 16);
  const heard: string[] = [];
  await receiver.fleet.register("ada", {}, { onMessage: (message) => void heard.push(message.text()) });
  const ledger = new Ledger(fleets.hub);
  for (const text of ["one", "two", "three"]) {
    await ledger.send(receiver.fleet, text);
    await eventually(`${text} is delivered`, () => heard.at(-1) === text);
  }
  expect(heard).toEqual(["one", "two", "three"]);
});

test("the durability slot is told when everyone has been handed it", async () => {
  await using fleets = new Fleets();
  const told: string[] = [];
  const { fleet } = await fleets.open({
    ...DURABLE,
    durability: (plain) =>
      interposed(plain, {
        tracking: (tracking) =>
          tracking &&
          interposed(tracking, {
            complete: (original) => async (id, call) => {
              told.push(id);
              await original(id, call);
            },
          }),
      }),
  });
  for (const name of names(30)) await fleet.register(name, {});
  const { id } = await new Ledger(fleets.hub).send(fleet, "hi");
  await eventually("it is told", () => told.length > 0);
  expect(await fleet.backlog()).toMatchObject({ deliveries: 0 });
  expect(told).toEqual([id]);
});

test("over messaging alone it waits in the outbox until its recipient has acknowledged it", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ outbox: true, ...STEADY });
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
