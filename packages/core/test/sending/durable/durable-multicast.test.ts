import { memoryHub } from "@muster/backend-memory";
import { expect, test } from "vitest";
import type { DurabilityBackend, MulticastReport } from "../../../src/slots/index.ts";
import { all } from "../../support/all.ts";
import { rejected } from "../../support/codes.ts";
import { Fleets, lostReply } from "../../support/fleets.ts";
import { interposed } from "../../support/interposed.ts";
import { Worker } from "../../support/worker.ts";

const KEPT = { delivery: "at-least-once" } as const;

function sum({ deliveredCount, pendingCount, failedCount, timeoutCount }: MulticastReport): number {
  return deliveredCount + pendingCount + failedCount + timeoutCount;
}

test("nobody attached is pending at once, and delivered when somebody has handled it", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  const { epoch } = await fleet.register("ada", {});
  const report = await fleet.multicast(null, "hi", { ...KEPT, timeoutMs: 60_000 });
  expect(report).toMatchObject({ targetCount: 1, pendingCount: 1, statuses: [{ identity: "ada", status: "pending" }] });

  await using worker = await Worker.open(fleets.hub);
  await worker.attach({ identity: "ada", epoch });
  expect(await worker.settle()).toEqual(["ada"]);
  expect(await fleet.report(report.id)).toMatchObject({ targetCount: 1, deliveredCount: 1, statuses: [] });
});

test("any process reads the receipts of another's multicast, by status and in order", async () => {
  await using fleets = new Fleets();
  const [one, other] = await fleets.openTwo({ durability: true });
  const epochs = new Map<string, number>();
  for (const name of ["cleo", "ada", "bob"]) epochs.set(name, (await one.fleet.register(name, {})).epoch);
  const { id } = await one.fleet.multicast(null, "hi", KEPT);
  await using worker = await Worker.open(fleets.hub);
  await worker.attach(...Array.from(epochs, ([identity, epoch]) => ({ identity, epoch })).slice(1));
  await worker.settle((identity, receipt) =>
    identity === "ada" ? { receipt, as: "ack" } : { receipt, as: "dead", code: "REJECTED", reason: "no thanks" },
  );

  expect(await all(other.fleet.deliveries(id))).toEqual([
    { identity: "ada", status: "delivered" },
    { identity: "bob", status: "failed", code: "REJECTED", reason: "no thanks" },
    { identity: "cleo", status: "pending" },
  ]);
  expect(await all(other.fleet.deliveries(id, { statuses: ["pending"] }))).toHaveLength(1);
  const report = await other.fleet.report(id);
  expect(report).toMatchObject({ targetCount: 3, deliveredCount: 1, pendingCount: 1, failedCount: 1 });
  expect(report.statuses.map(({ status }) => status)).toEqual(["failed", "pending"]);
});

test("a multicast nobody knows is NOT_FOUND, and without a durability slot there is nothing to ask", async () => {
  await using fleets = new Fleets();
  const [{ fleet }, plain] = [await fleets.open({ durability: true }), await fleets.open()];
  await rejected("NOT_FOUND", fleet.report("none"));
  await rejected("NOT_FOUND", fleet.resend("none"));
  await rejected("NOT_FOUND", fleet.deliveries("none").next());
  await rejected("UNSUPPORTED", plain.fleet.report("none"));
  await rejected("UNSUPPORTED", plain.fleet.deadLetters.purge([]));
});

test("the sender waits for whoever is attached, and is told at once when they have handled it", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, messaging: false });
  const { epoch } = await fleet.register("ada", {});
  await using worker = await Worker.open(fleets.hub);
  await worker.attach({ identity: "ada", epoch });
  const sending = fleet.multicast(null, "hi", { ...KEPT, timeoutMs: 60_000 });
  await expect.poll(() => worker.settle()).toEqual(["ada"]);
  expect(await sending).toMatchObject({ targetCount: 1, deliveredCount: 1 });
});

test("who has not acknowledged when the time is out is pending, and no error", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, messaging: false });
  await fleet.register("ada", {});
  expect(await fleet.multicast(null, "hi", { ...KEPT, timeoutMs: 100 })).toMatchObject({
    targetCount: 1,
    pendingCount: 1,
  });
});

test("nobody there is a report of zeros", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  expect(await fleet.multicast(null, "hi", KEPT)).toMatchObject({ targetCount: 0, statuses: [] });
});

test("each receipt is shown to whoever wants all of them, in pages", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  for (const name of ["ada", "bob"]) await fleet.register(name, {});
  const shown: unknown[] = [];
  await fleet.multicast(null, "hi", { ...KEPT, onReceipts: (page) => void shown.push(...page) });
  expect(shown).toEqual([
    { identity: "ada", status: "pending" },
    { identity: "bob", status: "pending" },
  ]);
});

test("an enqueue whose reply was lost is repeated, and is one delivery", async () => {
  await using fleets = new Fleets();
  let calls = 0;
  const { fleet } = await fleets.open({
    durability: (plain) =>
      interposed(plain, {
        enqueueMany:
          (original) =>
          async (...args) => {
            const failures = await original(...args);
            calls += 1;
            if (calls === 1) throw lostReply();
            return failures;
          },
      }),
  });
  const { epoch } = await fleet.register("ada", {});
  const report = await fleet.multicast(null, "hi", KEPT);
  expect(report).toMatchObject({ targetCount: 1, pendingCount: 1 });
  await using worker = await Worker.open(fleets.hub);
  await worker.attach({ identity: "ada", epoch });
  expect(await worker.settle()).toEqual(["ada"]);
  expect(await worker.settle()).toEqual([]);
});

test("where the store never answers, who was enqueued all the same is pending and the others are timeout", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({
    durability: (plain) =>
      interposed(plain, {
        enqueueMany: (original) => async (message, targets, options, call) => {
          await original(message, targets.slice(0, 1), options, call);
          throw lostReply();
        },
      }),
  });
  for (const name of ["ada", "bob"]) await fleet.register(name, {});
  const report = await fleet.multicast(null, "hi", { ...KEPT, timeoutMs: 300 });
  expect(report).toMatchObject({ targetCount: 2, pendingCount: 1, timeoutCount: 1, incomplete: { code: "TIMEOUT" } });
  expect(report.statuses).toContainEqual({ identity: "ada", status: "pending" });
  expect(report.statuses).toContainEqual(
    expect.objectContaining({ identity: "bob", status: "timeout", code: "INDETERMINATE" }),
  );
  expect(sum(report)).toBe(report.targetCount);
});

test("a store that refuses before anything was enqueued is the call's error", async () => {
  await using fleets = new Fleets();
  const { fleet, faults } = await fleets.open({ durability: true });
  await fleet.register("ada", {});
  faults.down("store");
  const error = await rejected("TIMEOUT", fleet.multicast(null, "hi", { ...KEPT, timeoutMs: 100 }));
  expect(error.mayHaveApplied).toBe(false);
});

test("a slot that does not track learns from receivers alone, and keeps no record", async () => {
  const hub = memoryHub();
  await using fleets = new Fleets(hub);
  const untracked = (plain: DurabilityBackend): DurabilityBackend => interposed(plain, { tracking: () => undefined });
  const { fleet } = await fleets.open({ durability: untracked });
  await fleet.register("ada", {});
  const report = await fleet.multicast(null, "hi", KEPT);
  expect(report).toMatchObject({ targetCount: 1, pendingCount: 1 });
  await rejected("UNSUPPORTED", fleet.report(report.id));
  await rejected("UNSUPPORTED", fleet.multicast(null, "hi", { ...KEPT, idempotencyKey: "k" }));
});

test("a payload the store does not take is refused before anything is recorded", async () => {
  await using fleets = new Fleets();
  const small = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(plain, { traits: (traits) => ({ ...traits, maxPayloadBytes: 3 }) });
  const { fleet } = await fleets.open({ durability: small });
  await fleet.register("ada", {});
  const error = await rejected("PAYLOAD_TOO_LARGE", fleet.multicast(null, "four", KEPT));
  expect(error.detail).toEqual({ bytes: 4, maxBytes: 3 });
});
