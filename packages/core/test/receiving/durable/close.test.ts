import { expect, test } from "vitest";
import type { DurabilityBackend } from "../../../src/slots/index.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleets } from "../../support/fleets.ts";
import { interposed } from "../../support/interposed.ts";
import { Outbox } from "../../support/outbox.ts";

/** Three messages, of which the handler is at work on the first. */
async function inTheMiddle(fleets: Fleets, outbox: Outbox, timing = {}) {
  const { fleet, warnings } = await fleets.open({ durability: true, timing });
  const handle = await fleet.register("ada", {});
  for (const id of ["1", "2", "3"]) await outbox.enqueue(id, handle);
  const begun: string[] = [];
  let finish = (): void => {};
  await handle.attach(async ({ id }) => {
    begun.push(id);
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
  });
  await eventually("the first runs", () => begun.length === 1);
  return { fleet, warnings, begun, finish: () => finish() };
}

test("close lets a handler finish and tells the store; the rest waits for the next life, uncounted", async () => {
  await using fleets = new Fleets();
  await using outbox = await Outbox.open(fleets.hub);
  const { fleet, warnings, begun, finish } = await inTheMiddle(fleets, outbox);
  const closed = fleet.close({ timeoutMs: 60_000 });
  finish();
  await closed;
  expect([begun, warnings]).toEqual([["1"], []]);
  const statuses = await Promise.all(["1", "2", "3"].map(async (id) => (await outbox.statuses(id))["ada"]));
  expect(statuses).toEqual(["delivered", "pending", "pending"]);

  const next = await fleets.open({ durability: true });
  expect(await next.fleet.get("ada")).toBeUndefined();
  const attempts: number[] = [];
  await next.fleet.register("ada", {}, { onMessage: ({ attempt }) => void attempts.push(attempt) });
  await eventually("it gets them", () => attempts.length === 2);
  expect(attempts).toEqual([1, 1]);
});

test("what still runs when close has waited long enough is given back, uncounted", async () => {
  await using fleets = new Fleets();
  await using outbox = await Outbox.open(fleets.hub);
  const { fleet, finish } = await inTheMiddle(fleets, outbox, { handlerLeaseMs: 1_000_000 });
  await fleet.close({ timeoutMs: 100 });
  expect(await outbox.attempts("1")).toBe(0);
  finish();
  expect(await outbox.statuses("1")).toEqual({ ada: "pending" });
});

test("the queue of a closed registration ends when its grace is out, and its place is free at once", async () => {
  await using fleets = new Fleets();
  await using outbox = await Outbox.open(fleets.hub);
  const options = { durability: true, limits: { maxIdentities: 30 }, timing: { queueGraceMs: 300 } };
  const [one, other] = await fleets.openTwo(options);
  const handles = await Promise.all(Array.from({ length: 30 }, (_, n) => one.fleet.register(`id-${n}`, {})));
  await outbox.enqueue("m", handles);
  await one.fleet.close();
  expect(await other.fleet.count()).toBe(0);
  expect(other.fleet.status().reaper.held).toBe(false);
  await Promise.all(Array.from({ length: 30 }, (_, n) => other.fleet.register(`new-${n}`, {})));
  expect(new Set(Object.values(await outbox.statuses("m")))).toEqual(new Set(["pending"]));
  await eventually("their queues have ended", async () => (await outbox.deadLetters()).length === 30);
  const letters = await outbox.deadLetters();
  expect(new Set(letters.map(({ code, reason }) => `${code}: ${reason}`))).toEqual(
    new Set(["EXPIRED: its registration ended and nobody came back"]),
  );
});

test("what only its owner renewed has gone when its process has closed, and its queue waits", async () => {
  await using fleets = new Fleets();
  await using outbox = await Outbox.open(fleets.hub);
  const [one, other] = await fleets.openTwo({ durability: true });
  const handle = await one.fleet.register("ada", {}, { renew: "manual", ttlMs: null });
  await outbox.enqueue("m", handle);
  await one.fleet.close();
  expect(await other.fleet.get("ada")).toBeUndefined();
  expect(await outbox.statuses("m")).toEqual({ ada: "pending" });
});

test("left offline, a registration stands, and its queue collects for its next life", async () => {
  await using fleets = new Fleets();
  const [one, other] = await fleets.openTwo({ durability: true });
  await one.fleet.register("ada", {}, { ttlMs: 60_000, onMessage: () => {} });
  await one.fleet.close({ leave: "offline" });
  expect(await other.fleet.get("ada")).toMatchObject({ attached: false });
  const report = await other.fleet.multicast(null, "hi", { delivery: "at-least-once", timeoutMs: 1_000 });
  expect(report).toMatchObject({ targetCount: 1, pendingCount: 1 });
  const got: string[] = [];
  await other.fleet.register("ada", {}, { onMessage: (message) => void got.push(message.text()) });
  await eventually("it gets it", () => got.length === 1);
});

test("the queue of a dead process' registration ends after its TTL and its grace, in batches", async () => {
  await using fleets = new Fleets();
  await using outbox = await Outbox.open(fleets.hub);
  const drops: number[] = [];
  const durability = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(plain, {
      dropMany: (original) => async (targets, why, call) => {
        drops.push(targets.length);
        await original(targets, why, call);
      },
    });
  const timing = { queueGraceMs: 200, ttlMs: 700 };
  const [victim, other] = await fleets.openTwo({ durability, timing });
  const bystanders = await Promise.all(Array.from({ length: 60 }, (_, n) => other.fleet.register(`other-${n}`, {})));
  const handles = await Promise.all(Array.from({ length: 40 }, (_, n) => victim.fleet.register(`id-${n}`, {})));
  await outbox.enqueue("m", [...handles, ...bystanders]);
  victim.faults.stop();
  await eventually("their queues have ended", async () => (await outbox.deadLetters()).length === 40);
  expect(drops.length).toBeLessThan(10);
  expect(Object.values(await outbox.statuses("m")).filter((status) => status === "pending")).toHaveLength(60);
});

test("whoever registers again within its grace keeps its queue", async () => {
  await using fleets = new Fleets();
  await using outbox = await Outbox.open(fleets.hub);
  const { fleet } = await fleets.open({ durability: true, timing: { queueGraceMs: 60_000 } });
  const handle = await fleet.register("ada", {}, { renew: "manual", ttlMs: 50, onLost: "stop" });
  await outbox.enqueue("m", handle);
  await eventually("it has expired", async () => (await fleet.get("ada")) === undefined);
  const got: string[] = [];
  await fleet.register("ada", {}, { onMessage: ({ id }) => void got.push(id) });
  await eventually("its next life gets it", () => got.length === 1);
});

test("what the durability slot can't end yet is tried again, while registrations go on ending", async () => {
  await using fleets = new Fleets();
  await using outbox = await Outbox.open(fleets.hub);
  let isAway = true;
  const durability = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(plain, {
      dropMany: (original) => async (targets, why, call) => {
        if (isAway) throw new Error("away");
        await original(targets, why, call);
      },
    });
  const timing = { queueGraceMs: 50, claimMs: 100 };
  const { fleet, warnings } = await fleets.open({ durability, timing, limits: { maxIdentities: 1 } });
  const handle = await fleet.register("ada", {}, { renew: "manual", ttlMs: 50, onLost: "stop" });
  await outbox.enqueue("m", handle);
  await eventually("it could not be ended", () => warnings.length > 0);
  await fleet.register("bob", {}, { renew: "manual", ttlMs: 60_000 });
  expect(await outbox.statuses("m")).toEqual({ ada: "pending" });
  isAway = false;
  await eventually("it is ended", async () => (await outbox.statuses("m"))["ada"] === "EXPIRED");
  expect(fleet.status().reaper.held).toBe(false);
});

test("the durability slot is swept now and then", async () => {
  await using fleets = new Fleets();
  const limits: number[] = [];
  const durability = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(plain, {
      sweep: (original) => async (options, call) => {
        limits.push(options.limit);
        return await original(options, call);
      },
    });
  await fleets.open({ durability });
  await eventually("it is swept", () => limits.length >= 2);
  expect(new Set(limits)).toEqual(new Set([1_000]));
});
