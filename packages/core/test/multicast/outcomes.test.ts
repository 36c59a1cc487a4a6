import { expect, test } from "vitest";
import { MusterError, type Outgoing, type Receipt } from "../../src/slots/index.ts";
import { eventually } from "../support/eventually.ts";
import { interposed } from "../support/interposed.ts";
import { failingPublish, send } from "../support/sending.ts";
import { names, openWorld, storeMany } from "../support/world.ts";

const cut = (mayHaveApplied: boolean) => () =>
  new MusterError({ code: "UNAVAILABLE", source: "test", message: "cut", mayHaveApplied });

test("a publish that was refused as a whole has failed with the code, and is not repeated", async () => {
  const world = await openWorld({ messaging: failingPublish((k) => (k === 1 ? "before" : undefined), cut(false)) });
  const process = await world.process("s1");
  for (const name of names(1_500)) await process.register(name);
  const report = await send(world, null);
  expect(report).toMatchObject({ targetCount: 1_500, deliveredCount: 500, failedCount: 1_000, timeoutCount: 0 });
  expect(report.statuses[0]).toMatchObject({ status: "failed", code: "UNAVAILABLE" });
  await eventually("the rest arrives", () => process.received.length === 500);
});

test("a publish whose reply was lost may have arrived, and is not repeated either", async () => {
  const world = await openWorld({ messaging: failingPublish((k) => (k === 1 ? "after" : undefined), cut(true)) });
  const process = await world.process("s1");
  for (const name of names(1_500)) await process.register(name);
  const report = await send(world, null);
  expect(report).toMatchObject({ targetCount: 1_500, deliveredCount: 500, failedCount: 0, timeoutCount: 1_000 });
  expect(report.statuses[0]).toMatchObject({ status: "timeout", code: "INDETERMINATE" });
  await eventually("all arrive", () => process.received.length === 1_500);
});

test("one message of a batch that failed concerns only its recipients", async () => {
  const world = await openWorld();
  const [here, gone] = [await world.process("s1"), await world.process("s2")];
  for (const name of names(10, "here-")) await here.register(name);
  for (const name of names(10, "gone-")) await gone.register(name);
  await gone.node.close();
  const report = await send(world, null);
  expect(report).toMatchObject({ targetCount: 20, deliveredCount: 10, failedCount: 10 });
  expect(new Set(report.statuses.map(({ code }) => code))).toEqual(new Set(["NO_ROUTE"]));
});

test("statuses are capped and counts are not", async () => {
  const world = await openWorld();
  await storeMany(world.context.registry, names(2_500));
  const report = await send(world, null);
  expect(report).toMatchObject({ targetCount: 2_500, failedCount: 2_500 });
  expect(report.statuses).toHaveLength(1_000);
});

test("onReceipts sees every recipient once, and holds the multicast back while it looks", async () => {
  const world = await openWorld();
  const process = await world.process("s1");
  for (const name of names(1_200)) await process.register(name);
  await storeMany(world.context.registry, ["offline"]);
  const receipts: Receipt[] = [];
  let looking = 0;
  const report = await send(world, null, {
    onReceipts: async (page) => {
      looking += 1;
      expect(looking).toBe(1);
      await new Promise(setImmediate);
      receipts.push(...page);
      looking -= 1;
    },
  });
  expect(receipts).toHaveLength(report.targetCount);
  expect(new Set(receipts.map(({ identity }) => identity)).size).toBe(1_201);
  expect(receipts.filter(({ status }) => status === "delivered")).toHaveLength(1_200);
  expect(receipts.find(({ status }) => status === "delivered")).not.toHaveProperty("code");
  expect(receipts.find(({ identity }) => identity === "offline")).toMatchObject({
    status: "failed",
    code: "NO_ROUTE",
  });
});

test("a failure concerns the message whose index it names, whichever batch it is in", async () => {
  const refused = new MusterError({ code: "PERMISSION_DENIED", source: "test", message: "not there" });
  const world = await openWorld({
    messaging: (plain) =>
      interposed(plain, {
        traits: (traits) => ({ ...traits, maxBatch: 3 }),
        columns: () => undefined,
        publishMany: (original) => async (batch, call) => {
          const isRefused = ({ address }: Outgoing): boolean => address.endsWith("5") || address.endsWith("7");
          await original(
            batch.filter((message) => !isRefused(message)),
            call,
          );
          return batch.flatMap((message, index) => (isRefused(message) ? [{ index, error: refused }] : []));
        },
      }),
  });
  const process = await world.process("s1");
  for (const name of names(20)) await process.register(name, {}, { address: `device/${name}` });
  const report = await send(world, null);
  expect(report).toMatchObject({ targetCount: 20, deliveredCount: 16, failedCount: 4 });
  expect(report.statuses.map(({ identity }) => identity.slice(-2)).toSorted()).toEqual(["05", "07", "15", "17"]);
  expect(new Set(report.statuses.map(({ code }) => code))).toEqual(new Set(["PERMISSION_DENIED"]));
  await eventually("the others arrive", () => process.received.length === 16);
});
