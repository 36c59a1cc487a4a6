import { expect, test } from "vitest";
import { MusterError } from "../../src/slots/index.ts";
import { STEADY } from "../support/acknowledged-sender.ts";
import { eventually } from "../support/eventually.ts";
import { Fleets, lostReply } from "../support/fleets.ts";
import { interposed } from "../support/interposed.ts";
import { Ledger } from "../support/ledgers.ts";

const DURABLE = { durability: true, outbox: true, ...STEADY } as const;

test("with its stores away nothing is lost, one warning says so, and it goes on when they are back", async () => {
  await using fleets = new Fleets();
  const receiver = await fleets.open({ durability: true, ...STEADY });
  const heard: string[] = [];
  await receiver.fleet.register("ada", {}, { onMessage: (message) => void heard.push(message.text()) });
  const relay = await fleets.open(DURABLE);
  const sender = await fleets.open({ outbox: true, relay: false });
  await eventually("it has its shards", () => relay.fleet.status().relay.shards === 16);
  relay.faults.down("store");
  await eventually("its leases are over", () => relay.fleet.status().relay.shards === 0);
  const ledger = new Ledger(fleets.hub);
  for (const text of ["one", "two", "three"]) await ledger.send(sender.fleet, text);
  expect(await sender.fleet.backlog()).toMatchObject({ deliveries: 3 });

  relay.faults.up("store");
  await eventually("all are delivered", () => heard.length === 3);
  expect(heard).toEqual(["one", "two", "three"]);
  expect(relay.warnings.filter(({ source }) => /outbox|relay|leaseShards/iu.test(source))).toHaveLength(1);
});

test("what the durability slot has taken without an answer is one delivery", async () => {
  await using fleets = new Fleets();
  let losses = 3;
  const { fleet, warnings } = await fleets.open({
    ...DURABLE,
    durability: (plain) =>
      interposed(plain, {
        enqueueMany:
          (original) =>
          async (...given) => {
            const failures = await original(...given);
            losses -= 1;
            if (losses >= 0) throw lostReply();
            return failures;
          },
      }),
  });
  const heard: string[] = [];
  await fleet.register("ada", {}, { onMessage: (message) => void heard.push(message.text()) });
  const { id } = await new Ledger(fleets.hub).send(fleet, "hi");
  await eventually("it is settled", async () => (await fleet.backlog()).deliveries === 0);
  await eventually("it is delivered", async () => (await fleet.report(id)).deliveredCount === 1);
  expect(heard).toEqual(["hi"]);
  expect(warnings.map(({ code }) => code)).toEqual(["UNAVAILABLE"]);
});

test("whom the durability slot refuses has failed, the others have not", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ ...DURABLE, limits: { maxQueued: 1 } });
  await fleet.register("ada", {});
  await fleet.register("bob", {});
  const ledger = new Ledger(fleets.hub);
  const cleo = await fleet.register("cleo", {});
  const transaction = ledger.begin();
  const { id } = await fleet.multicast(null, "one", { transaction });
  await cleo.unregister();
  await transaction.commit();
  await eventually("it is handed over", async () => (await fleet.backlog()).deliveries === 0);
  const second = await ledger.send(fleet, "two");
  await eventually("the next is, too", async () => (await fleet.backlog()).deliveries === 0);

  expect(await fleet.report(id)).toMatchObject({ targetCount: 3, pendingCount: 2, failedCount: 1 });
  expect((await fleet.report(id)).statuses).toContainEqual(
    expect.objectContaining({ identity: "cleo", status: "failed", code: "UNREGISTERED" }),
  );
  const report = await fleet.report(second.id);
  expect(report).toMatchObject({ targetCount: 2, failedCount: 2 });
  expect(report.statuses.map(({ code }) => code)).toEqual(["QUEUE_FULL", "QUEUE_FULL"]);
});

test("what the durability slot will never take does not stand in the way", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({
    ...DURABLE,
    durability: (plain) =>
      interposed(plain, {
        enqueueMany:
          (original) =>
          async (message, ...rest) => {
            if (Buffer.from(message.payload).toString() !== "poison") return await original(message, ...rest);
            throw new MusterError({ code: "INVALID_ARGUMENT", source: "test.fault", message: "never" });
          },
      }),
  });
  const heard: string[] = [];
  await fleet.register("ada", {}, { onMessage: (message) => void heard.push(message.text()) });
  const ledger = new Ledger(fleets.hub);
  const { id } = await ledger.send(fleet, "poison");
  await ledger.send(fleet, "bread");
  await eventually("the next is delivered", () => heard.length === 1);
  expect((await fleet.report(id)).statuses).toEqual([
    { identity: "ada", status: "failed", code: "DEAD_LETTERED", reason: expect.stringContaining("never") },
  ]);
});
