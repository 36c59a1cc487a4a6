import { setTimeout as delay } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { type DequeueOptions, type DurabilityBackend, MusterError } from "../../../src/slots/index.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleets } from "../../support/fleets.ts";
import { interposed } from "../../support/interposed.ts";
import { Outbox } from "../../support/outbox.ts";
import { names } from "../../support/world.ts";

const NEVER = 1_000_000;
const PATIENT = { timeoutMs: 20_000, sessionLeaseMs: 10_000, ttlMs: 60_000 };

/** What was dequeued, and whether two dequeues of one process were ever under way at once. */
class Watch {
  readonly dequeues: DequeueOptions[] = [];
  /** Deliveries that the last ones gave. */
  readonly given: number[] = [];
  under = 0;
  most = 0;
  failing = false;

  readonly around = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(plain, {
      dequeue: (original) => async (session, options, call) => {
        this.dequeues.push(options);
        this.under += 1;
        this.most = Math.max(this.most, this.under);
        try {
          if (this.failing) throw new MusterError({ code: "UNAVAILABLE", source: "test", message: "away" });
          const leased = await original(session, options, call);
          this.given.push(leased.reduce((sum, { recipients }) => sum + recipients.length, 0));
          return leased;
        } finally {
          this.under -= 1;
        }
      },
    });
}

test("without a bell what is queued is found by the next poll, also without a messaging slot", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, messaging: false, timing: { pollIntervalMs: 30 } });
  await using outbox = await Outbox.open(fleets.hub);
  const got: string[] = [];
  const handle = await fleet.register("ada", {}, { onMessage: ({ id }) => void got.push(id) });
  for (const id of ["1", "2", "3"]) {
    await outbox.enqueue(id, handle);
    await eventually("it is found", () => got.includes(id));
  }
  expect(got).toEqual(["1", "2", "3"]);
});

test("a backlog is found at once after attaching, and a bell is answered at once", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, timing: { pollIntervalMs: NEVER } });
  await using outbox = await Outbox.open(fleets.hub);
  const got: string[] = [];
  const handle = await fleet.register("ada", {});
  await outbox.enqueue("1", handle);
  await handle.attach(({ id }) => void got.push(id));
  await eventually("the backlog is handled", () => got.length === 1);
  const report = await fleet.multicast(null, "hi", { delivery: "at-least-once" });
  expect(report).toMatchObject({ deliveredCount: 1 });
});

test("a bell that was lost costs no more than the time until the route is up again", async () => {
  await using fleets = new Fleets();
  const timing = { pollIntervalMs: NEVER, sessionLeaseMs: 60_000 };
  const { fleet, faults } = await fleets.open({ durability: true, timing });
  await using outbox = await Outbox.open(fleets.hub);
  const got: string[] = [];
  const handle = await fleet.register("ada", {}, { onMessage: ({ id }) => void got.push(id), ttlMs: 200_000 });
  faults.down("route");
  await eventually("the route is down", () => fleet.status().route === "down");
  await outbox.enqueue("1", handle);
  faults.up("route");
  await eventually("it is found", () => got.length === 1);
});

test("one dequeue at a time, and full batches until nothing is left", async () => {
  await using fleets = new Fleets();
  const watch = new Watch();
  const { fleet } = await fleets.open({
    durability: watch.around,
    timing: { ...PATIENT, pollIntervalMs: NEVER },
  });
  await using outbox = await Outbox.open(fleets.hub);
  let handled = 0;
  const handles = await Promise.all(names(2_500).map((name) => fleet.register(name, {})));
  for (const id of ["1", "2"]) await outbox.enqueue(id, handles);
  await Promise.all(handles.map((handle) => handle.attach(() => void (handled += 1))));
  await eventually("all are handled", () => handled === 5_000);
  await eventually("all are delivered", async () => !Object.values(await outbox.statuses("2")).includes("pending"));
  expect(watch.most).toBe(1);
  expect(Math.max(...watch.given)).toBe(1_000);
});

test("no more is in this process' hands than is allowed, and what is settled makes room", async () => {
  await using fleets = new Fleets();
  const watch = new Watch();
  const { fleet } = await fleets.open({
    durability: watch.around,
    limits: { prefetch: 10 },
    timing: { pollIntervalMs: 20 },
  });
  await using outbox = await Outbox.open(fleets.hub);
  const finish: (() => void)[] = [];
  const handles = await Promise.all(names(25).map((name) => fleet.register(name, {})));
  await outbox.enqueue("m", handles);
  const onMessage = (): Promise<void> =>
    new Promise((resolve) => {
      finish.push(resolve);
    });
  await Promise.all(handles.map((handle) => handle.attach(onMessage)));
  await eventually("as many as are allowed run", () => finish.length === 10);
  const looked = watch.dequeues.length;
  await outbox.enqueue("n", handles);
  finish[0]?.();
  await eventually("there is room for one more", () => finish.length === 11);
  expect(watch.dequeues.slice(looked).map(({ max }) => max)).toEqual([1]);
  let done = 1;
  await eventually("all are handled", () => {
    for (; done < finish.length; done += 1) finish[done]?.();
    return done === 50;
  });
});

test("while the store is away it is asked less and less often, and that is told once", async () => {
  await using fleets = new Fleets();
  const watch = new Watch();
  const { fleet, warnings } = await fleets.open({ durability: watch.around, timing: { pollIntervalMs: 5 } });
  await using outbox = await Outbox.open(fleets.hub);
  const got: string[] = [];
  const handle = await fleet.register("ada", {}, { onMessage: ({ id }) => void got.push(id) });
  watch.failing = true;
  const before = watch.dequeues.length;
  await eventually("it was tried again and again", () => watch.dequeues.length - before >= 6);
  await delay(300); // The measure of how often it is asked by then.
  expect(watch.dequeues.length - before).toBeLessThan(20);
  expect(warnings.filter(({ source }) => source === "test")).toHaveLength(1);
  await outbox.enqueue("1", handle);
  watch.failing = false;
  await eventually("what came meanwhile is found", () => got.length === 1);
});

/** Counts what a process of that many identities, with nothing to do, asks the store for in a second, and sets timers for. */
async function idleCost(count: number): Promise<{ readonly dequeues: number; readonly timers: number }> {
  await using fleets = new Fleets();
  const watch = new Watch();
  const timing = { ...PATIENT, pollIntervalMs: 100 };
  const { fleet } = await fleets.open({ durability: watch.around, timing });
  const all = names(count);
  for (let from = 0; from < count; from += 1_000)
    await Promise.all(all.slice(from, from + 1_000).map((name) => fleet.register(name, {}, { onMessage: () => {} })));
  const before = watch.dequeues.length;
  const timers = vi.spyOn(globalThis, "setTimeout");
  await delay(1_000); // The measure of what idling costs.
  const set = timers.mock.calls.length;
  timers.mockRestore();
  return { dequeues: watch.dequeues.length - before, timers: set };
}

test("10,000 identities with nothing to do cost as many dequeues and timers as 10", async () => {
  const few = await idleCost(10);
  const many = await idleCost(10_000);
  expect(few.dequeues).toBeGreaterThan(5);
  expect(many.dequeues).toBeLessThan(13);
  expect(few.timers).toBeGreaterThan(5);
  expect(many.timers).toBeLessThan(1.5 * few.timers);
}, 60_000);

test("what nobody here is attached for is given back, and the queue is left", async () => {
  await using fleets = new Fleets();
  const detached: string[] = [];
  const durability = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(plain, {
      detachMany: (original) => async (session, identities, call) => {
        detached.push(...identities);
        await original(session, identities, call);
      },
    });
  const { fleet } = await fleets.open({ durability, timing: { pollIntervalMs: 20 } });
  await using outbox = await Outbox.open(fleets.hub);
  await fleet.register("ada", {}, { onMessage: () => {} });
  const stray = { identity: "stray", epoch: 1 };
  await outbox.enqueue("m", stray);
  await outbox.store.attachMany(fleet.status().session.id, [stray], { signal: AbortSignal.timeout(1_000) });
  await eventually("it is left", () => detached.includes("stray"));
  expect(await outbox.statuses("m")).toEqual({ stray: "pending" });
  await outbox.tryInVain({ identity: "stray", epoch: 1 }, 1);
  expect(await outbox.attempts("m")).toBe(1);
});
