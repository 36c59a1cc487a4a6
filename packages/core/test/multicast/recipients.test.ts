import type { FilterInput } from "@muster/filter";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { interposed } from "../support/interposed.ts";
import { send } from "../support/sending.ts";
import { names, openWorld, storeMany } from "../support/world.ts";

test("everyone who matches and is attached gets one message; the report says so", async () => {
  const world = await openWorld();
  const processes = [await world.process("s1"), await world.process("s2")] as const;
  for (const [index, name] of names(20).entries())
    await processes[index % 2 === 0 ? 0 : 1].register(name, { even: index % 2 === 0, index });
  const report = await send(world, { "index.lt": 11 }, {}, { command: "update" });
  expect(report).toMatchObject({
    targetCount: 11,
    deliveredCount: 11,
    pendingCount: 0,
    failedCount: 0,
    timeoutCount: 0,
    statuses: [],
  });
  expect(report).not.toHaveProperty("incomplete");
  await eventually("all arrive", () => processes[0].received.length + processes[1].received.length === 11);
  expect(processes[0].received.map(({ id }) => id)).toEqual(Array.from({ length: 6 }, () => report.id));
  expect(processes[1].received.map((message) => message.json())).toEqual(
    Array.from({ length: 5 }, () => ({ command: "update" })),
  );
});

test("nobody there is a report of zeros", async () => {
  const world = await openWorld();
  await (await world.process("s1")).register("ada", { status: "offline" });
  expect(await send(world, { status: "online" })).toMatchObject({
    targetCount: 0,
    deliveredCount: 0,
    failedCount: 0,
    statuses: [],
  });
});

test("the offline, the sessionless and those without address are targets that failed with NO_ROUTE", async () => {
  const world = await openWorld();
  const process = await world.process("s1");
  await process.register("attached");
  await storeMany(world.context.registry, ["nobody's"]);
  await storeMany(world.context.registry, ["dead session's"], {
    session: "gone",
    address: process.node.address,
    ttlMs: 60_000,
  });
  await storeMany(world.context.registry, ["without address"], { session: "s1" });
  await storeMany(world.context.registry, ["without session"], { address: process.node.address });
  const report = await send(world, null);
  expect(report).toMatchObject({ targetCount: 5, deliveredCount: 1, failedCount: 4 });
  expect(report.statuses.map(({ identity, status, code }) => [identity, status, code])).toEqual([
    ["dead session's", "failed", "NO_ROUTE"],
    ["nobody's", "failed", "NO_ROUTE"],
    ["without address", "failed", "NO_ROUTE"],
    ["without session", "failed", "NO_ROUTE"],
  ]);
});

test("facts about registrations select: $attached, $identity and $registeredAt, also beside metadata", async () => {
  const world = await openWorld();
  const process = await world.process("s1");
  for (const name of names(4)) await process.register(name, { n: name });
  await storeMany(world.context.registry, ["offline"]);
  const targets = async (filter: FilterInput): Promise<number> => (await send(world, filter)).targetCount;
  expect(await targets({ $attached: true })).toBe(4);
  expect(await targets({ $attached: false })).toBe(1);
  expect(await targets({ $identity: "id-0000002" })).toBe(1);
  expect(await targets({ $registeredAt: { $gt: 0 } })).toBe(5);
  expect(await targets({ $registeredAt: { $gt: Date.now() + 60_000 } })).toBe(0);
  expect(await targets({ $attached: true, "n.regex": "2$" })).toBe(1);
});

test("without a filter facet core selects the same", async () => {
  const world = await openWorld({
    registry: (plain) => interposed(plain, { filters: () => undefined, counts: () => undefined }),
  });
  const process = await world.process("s1");
  for (const [index, name] of names(10).entries()) await process.register(name, { index });
  expect((await send(world, { "index.gte": 7 })).deliveredCount).toBe(3);
  expect((await send(world, { $identity: { $lt: "id-0000004" } })).deliveredCount).toBe(4);
  await eventually("all arrive", () => process.received.length === 7);
});

test("identity addresses get the bare payload with headers", async () => {
  const bodies: string[] = [];
  const world = await openWorld({
    messaging: (plain) =>
      interposed(plain, {
        columns: () => undefined,
        publishMany: (original) => async (batch, call) => {
          bodies.push(...batch.map(({ address, body }) => `${address}: ${Buffer.from(body).toString()}`));
          return original(batch, call);
        },
      }),
  });
  const process = await world.process("s1");
  await process.register("ada", {}, { address: "device/ada" });
  expect((await send(world, null, {}, "bare")).deliveredCount).toBe(1);
  await eventually("it arrives", () => process.received.length === 1);
  expect(bodies).toEqual(["device/ada: bare"]);
  expect(process.received[0]?.text()).toBe("bare");
});

test("identities of two processes that share one address get one message each, and not the other's", async () => {
  const world = await openWorld();
  const [one, two] = [await world.process("s1"), await world.process("s2")];
  await one.register("ada", {}, { address: "device/shared" });
  await two.register("bob", {}, { address: "device/shared" });
  expect(await send(world, null)).toMatchObject({ targetCount: 2, deliveredCount: 2 });
  await eventually("both arrive", () => one.received.length + two.received.length === 2);
  await send(world, { $identity: "bob" }, {}, "again");
  await eventually("it arrives", () => two.received.length === 2);
  expect(one.received.map(({ identity }) => identity)).toEqual(["ada"]);
});

test("a thousand of the longest identities and a payload that just fits are as many messages as the slot needs", async () => {
  const frames: number[] = [];
  const world = await openWorld({
    messaging: (plain) =>
      interposed(plain, {
        traits: (traits) => ({ ...traits, maxPayloadBytes: 1_000, maxBatch: 1 }),
        columns: () => undefined,
        publishMany: (original) => (batch, call) => {
          frames.push(...batch.map(({ body }) => body.byteLength));
          return original(batch, call);
        },
      }),
  });
  const process = await world.process("s1");
  for (const name of names(1_000)) await process.register(`${name}${"🚀".repeat(61)}xx`);
  await send(world, null, {}, new Uint8Array(500));
  await eventually("all arrive", () => process.received.length === 1_000);
  expect(Math.max(...frames)).toBeLessThanOrEqual(1_000);
  expect(new Set(process.received.map(({ identity }) => identity)).size).toBe(1_000);
});

test("two multicasts at once reach everyone once each", async () => {
  const world = await openWorld();
  const process = await world.process("s1");
  const all = names(2_500);
  for (const name of all) await process.register(name);
  const reports = await Promise.all([send(world, null, {}, "one"), send(world, null, {}, "two")]);
  await eventually("all arrive", () => process.received.length === 5_000);
  for (const [index, text] of ["one", "two"].entries()) {
    const mine = process.received.filter(({ id }) => id === reports[index]?.id);
    expect(mine.map(({ identity }) => identity).sort()).toEqual(all);
    expect(mine.every((message) => message.text() === text)).toBe(true);
  }
});

test("pages on which nobody can be reached hold up nobody behind them", async () => {
  const world = await openWorld();
  const process = await world.process("s1");
  await storeMany(world.context.registry, names(3_000, "a-"));
  await process.register("b");
  expect(await send(world, null)).toMatchObject({ targetCount: 3_001, deliveredCount: 1, failedCount: 3_000 });
  await eventually("it arrives", () => process.received.length === 1);
});
