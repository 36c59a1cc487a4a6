import { expect, test } from "vitest";
import { multicast } from "../../src/multicast.ts";
import { linkCall, MusterError } from "../../src/slots/index.ts";
import { eventually } from "../support/eventually.ts";
import { awayBehind, failingScan, send, stalling, sum } from "../support/sending.ts";
import { names, openWorld, storeMany } from "../support/world.ts";

test("a registry that fails for good later makes the report incomplete, and everyone resolved is in it", async () => {
  const denied = new MusterError({ code: "PERMISSION_DENIED", source: "test", message: "denied" });
  const world = await openWorld({ registry: failingScan(14, denied) });
  const process = await world.process("s1");
  const all = names(2_000);
  for (const name of all) await process.register(name);
  const report = await send(world, null);
  expect(report.incomplete).toEqual({ code: "PERMISSION_DENIED", after: all[1_299] });
  expect(report).toMatchObject({ targetCount: 1_300, deliveredCount: 1_300 });
  await eventually("they arrive", () => process.received.length === 1_300);
});

test("a registry that fails for a moment is read on from there, and nobody is left out or told twice", async () => {
  const down = new MusterError({ code: "UNAVAILABLE", source: "test", message: "down" });
  const world = await openWorld({ registry: failingScan(14, down) });
  const process = await world.process("s1");
  for (const name of names(2_000)) await process.register(name);
  const report = await send(world, null);
  expect(report.incomplete).toBeUndefined();
  expect(report).toMatchObject({ targetCount: 2_000, deliveredCount: 2_000 });
  await eventually("they arrive", () => process.received.length >= 2_000);
  expect(new Set(process.received.map(({ identity }) => identity)).size).toBe(2_000);
  expect(process.received).toHaveLength(2_000);
});

test("a registry that stays away until the deadline makes the report incomplete, with TIMEOUT", async () => {
  const world = await openWorld({ registry: awayBehind(1_500) });
  const process = await world.process("s1");
  const all = names(2_000);
  for (const name of all) await process.register(name);
  using call = linkCall({ timeoutMs: 500 }, 1_000, "test");
  const report = await multicast(world.context, null, "x", {}, call);
  expect(report.incomplete).toEqual({ code: "TIMEOUT", after: all[1_499] });
  expect(report).toMatchObject({ targetCount: 1_500, deliveredCount: 1_000, failedCount: 500 });
  expect(report.statuses[0]).toMatchObject({ code: "TIMEOUT" });
});

test("what a backend throws that is no coded error is INTERNAL", async () => {
  const world = await openWorld({ registry: failingScan(14, new TypeError("a bug")) });
  const process = await world.process("s1");
  for (const name of names(2_000)) await process.register(name);
  expect((await send(world, null)).incomplete?.code).toBe("INTERNAL");
});

test("at the deadline, what was not published has failed with TIMEOUT and what was not answered is indeterminate", async () => {
  const world = await openWorld({ messaging: stalling(2) });
  const process = await world.process("s1");
  for (const name of names(3_500)) await process.register(name);
  using call = linkCall({ timeoutMs: 200 }, 1_000, "test");
  const report = await multicast(world.context, null, "x", {}, call);
  expect(sum(report)).toBe(report.targetCount);
  expect(report.deliveredCount).toBe(1_000);
  expect(report.timeoutCount).toBeGreaterThan(0);
  expect(new Set(report.statuses.map(({ status, code }) => `${status} ${code}`))).toEqual(
    new Set(["timeout INDETERMINATE"]),
  );
  expect(report.failedCount).toBeGreaterThan(0);
  expect(report.incomplete?.code ?? "TIMEOUT").toBe("TIMEOUT");
});

test("an abort rejects with the report so far", async () => {
  const controller = new AbortController();
  const world = await openWorld({ messaging: stalling(2, () => controller.abort()) });
  const process = await world.process("s1");
  for (const name of names(3_500)) await process.register(name);
  using call = linkCall({ signal: controller.signal }, 10_000, "test");
  const error: unknown = await multicast(world.context, null, "x", {}, call).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "ABORTED", mayHaveApplied: true });
  const { report } = (error as MusterError<"ABORTED">).detail;
  expect(report).toMatchObject({ deliveredCount: 1_000 });
  expect(report === undefined ? -1 : sum(report)).toBe(report?.targetCount);
});

test("an onReceipts that throws ends the multicast like an abort, with its error as the cause", async () => {
  const world = await openWorld();
  await (await world.process("s1")).register("ada");
  const mine = new Error("enough");
  const error: unknown = await send(world, null, {
    onReceipts: () => {
      throw mine;
    },
  }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "ABORTED", detail: { report: { deliveredCount: 1 } }, cause: { cause: mine } });
});

test("after onReceipts has thrown nothing more is published, and the report says so", async () => {
  const world = await openWorld();
  const process = await world.process("s1");
  for (const name of names(5_500)) await process.register(name);
  const error: unknown = await send(world, null, {
    onReceipts: () => {
      throw new Error("enough");
    },
  }).catch((thrown: unknown) => thrown);
  const { report } = (error as MusterError<"ABORTED">).detail;
  expect(report?.incomplete?.code).toBe("ABORTED");
  expect(report?.failedCount).toBeGreaterThan(0);
  expect(new Set(report?.statuses.map(({ code }) => code))).toEqual(new Set(["ABORTED"]));
  await eventually("what was accepted arrives", () => process.received.length >= (report?.deliveredCount ?? 0));
  await new Promise(setImmediate);
  expect(process.received).toHaveLength(report?.deliveredCount ?? -1);
});

test("an onReceipts that throws before anything was published is asked once, and the report comes with the error", async () => {
  const world = await openWorld();
  const process = await world.process("s1");
  await storeMany(world.context.registry, names(1_500, "a-"));
  for (const name of names(10, "b-")) await process.register(name);
  const mine = new Error("enough");
  let asked = 0;
  const sending = send(world, null, {
    onReceipts: () => {
      asked += 1;
      throw mine;
    },
  });
  const error: unknown = await sending.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "ABORTED", mayHaveApplied: false, cause: { cause: mine } });
  const { report } = (error as MusterError<"ABORTED">).detail;
  expect(report).toMatchObject({ targetCount: 1_000, failedCount: 1_000, incomplete: { code: "ABORTED" } });
  expect(asked).toBe(1);
  await new Promise(setImmediate);
  expect(process.received).toEqual([]);
});

test("the deadline does not interrupt onReceipts, and what is left when it comes back has failed with TIMEOUT", async () => {
  const world = await openWorld();
  const process = await world.process("s1");
  for (const name of names(5_500)) await process.register(name);
  using call = linkCall({ timeoutMs: 200 }, 1_000, "test");
  const onReceipts = async (): Promise<void> => {
    await eventually("the deadline passes", () => call.signal.aborted);
  };
  const report = await multicast(world.context, null, "x", { onReceipts }, call);
  expect(report.incomplete?.code).toBe("TIMEOUT");
  expect(sum(report)).toBe(report.targetCount);
  expect(report.deliveredCount).toBeGreaterThan(0);
  expect(report.failedCount).toBeGreaterThan(0);
  expect(new Set(report.statuses.map(({ code }) => code))).toEqual(new Set(["TIMEOUT"]));
});

test("an abort between two pages publishes nothing more, and everyone resolved until then is in the report", async () => {
  const controller = new AbortController();
  const world = await openWorld();
  const process = await world.process("s1");
  for (const name of names(5_500)) await process.register(name);
  using call = linkCall({ signal: controller.signal }, 10_000, "test");
  const onReceipts = (): void => controller.abort();
  const error: unknown = await multicast(world.context, null, "x", { onReceipts }, call).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({
    code: "ABORTED",
    mayHaveApplied: true,
    detail: { report: { incomplete: { code: "ABORTED" } } },
  });
  const { report } = (error as MusterError<"ABORTED">).detail;
  expect(report?.targetCount).toBeLessThan(5_500);
  expect(report === undefined ? -1 : sum(report)).toBe(report?.targetCount);
  await eventually("what was accepted arrives", () => process.received.length >= (report?.deliveredCount ?? 0));
  await new Promise(setImmediate);
  expect(process.received).toHaveLength(report?.deliveredCount ?? -1);
});
