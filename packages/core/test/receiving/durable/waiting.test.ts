/** A store that wakes who waits: memory does, and here it says so. */

import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import type { DequeueOptions, DurabilityBackend } from "../../../src/slots/index.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleets } from "../../support/fleets.ts";
import { interposed } from "../../support/interposed.ts";
import { Outbox } from "../../support/outbox.ts";
import { names } from "../../support/world.ts";

const NEVER = 1_000_000;
const PATIENT = { timeoutMs: 20_000, sessionLeaseMs: 10_000, ttlMs: 60_000, handlerLeaseMs: NEVER };

/** What was asked of the store, and how many of that it has not answered. */
class Watch {
  readonly dequeues: (DequeueOptions & { readonly session: string })[] = [];
  waiting = 0;
  most = 0;

  readonly around = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(plain, {
      traits: (traits) => ({ ...traits, wakes: true }),
      dequeue: (original) => async (session, options, call) => {
        this.dequeues.push({ ...options, session });
        this.waiting += 1;
        this.most = Math.max(this.most, this.waiting);
        try {
          return await original(session, options, call);
        } finally {
          this.waiting -= 1;
        }
      },
    });
}

test("what is queued is found at once, with no bell and no poll, and one dequeue waits at a time", async () => {
  await using fleets = new Fleets();
  const watch = new Watch();
  const timing = { ...PATIENT, pollIntervalMs: NEVER };
  const { fleet } = await fleets.open({ durability: watch.around, messaging: false, timing });
  await using outbox = await Outbox.open(fleets.hub);
  const got: string[] = [];
  const handle = await fleet.register("ada", {}, { onMessage: ({ id }) => void got.push(id) });
  for (const id of ["1", "2", "3"]) {
    await eventually("it waits", () => watch.waiting === 1);
    await outbox.enqueue(id, handle);
    await eventually("it is found", () => got.includes(id));
  }
  await fleet.register("bob", {}, { onMessage: ({ id }) => void got.push(`${id} for bob`) });
  await outbox.enqueue("4", { identity: "bob", epoch: 1 });
  await eventually("whoever came later is served, too", () => got.includes("4 for bob"));
  expect(watch.most).toBe(1);
});

test("more than there is room for comes as room is made", async () => {
  await using fleets = new Fleets();
  const watch = new Watch();
  const timing = { ...PATIENT, pollIntervalMs: NEVER };
  const { fleet } = await fleets.open({
    durability: watch.around,
    messaging: false,
    limits: { prefetch: 10 },
    timing,
  });
  await using outbox = await Outbox.open(fleets.hub);
  const handles = await Promise.all(names(25).map((name) => fleet.register(name, {})));
  await outbox.enqueue("m", handles);
  const finish: (() => void)[] = [];
  const onMessage = (): Promise<void> =>
    new Promise((resolve) => {
      finish.push(resolve);
    });
  await Promise.all(handles.map((handle) => handle.attach(onMessage)));
  await eventually("as many as are allowed run", () => finish.length === 10);
  expect(watch.waiting).toBe(0);
  let done = 0;
  await eventually("all are handled", () => {
    for (; done < finish.length; done += 1) finish[done]?.();
    return done === 25;
  });
});

test("nobody waits any more for a process that closes, or that serves nobody", async () => {
  await using fleets = new Fleets();
  const watch = new Watch();
  const timing = { ...PATIENT, pollIntervalMs: NEVER };
  const { fleet } = await fleets.open({ durability: watch.around, timing });
  const handle = await fleet.register("ada", {}, { onMessage: () => {} });
  await eventually("it waits", () => watch.waiting === 1);
  await handle.unregister();
  await eventually("nobody waits for nobody", () => watch.waiting === 0);
  await fleet.register("bob", {}, { onMessage: () => {} });
  await eventually("it waits again", () => watch.waiting === 1);
  await fleet.close();
  expect(watch.waiting).toBe(0);
});

test("after a session was lost the next one is waited for, and not the one of before", async () => {
  await using fleets = new Fleets();
  const watch = new Watch();
  const timing = { handlerLeaseMs: NEVER, pollIntervalMs: NEVER };
  const one = await fleets.open({ durability: watch.around, messaging: false, timing });
  await using outbox = await Outbox.open(fleets.hub);
  const got: string[] = [];
  const handle = await one.fleet.register("ada", {}, { ttlMs: 5_000, onMessage: ({ id }) => void got.push(id) });
  await eventually("it waits", () => watch.waiting === 1);
  const restored = new Promise<void>((resolve) => {
    handle.on("restored", () => resolve());
  });
  const before = one.fleet.status().session.id;
  one.faults.down("store");
  await eventually(
    "its session is over",
    () => one.fleet.status().session.id !== before || !one.fleet.status().session.live,
  );
  one.faults.up("store");
  await restored;
  await outbox.enqueue("m", handle);
  await eventually("it is found", () => got.length === 1);
  await eventually(
    "the next one is waited for",
    () => watch.dequeues.at(-1)?.session === one.fleet.status().session.id,
  );
});

test("10,000 identities with nothing to do cost one wait after the other", async () => {
  await using fleets = new Fleets();
  const watch = new Watch();
  const timing = { ...PATIENT, pollIntervalMs: 100 };
  const { fleet } = await fleets.open({ durability: watch.around, timing });
  const all = names(10_000);
  for (let from = 0; from < all.length; from += 1_000)
    await Promise.all(all.slice(from, from + 1_000).map((name) => fleet.register(name, {}, { onMessage: () => {} })));
  const before = watch.dequeues.length;
  await delay(1_000); // The measure of what idling costs.
  expect(watch.dequeues.length - before).toBeGreaterThan(4);
  expect(watch.dequeues.length - before).toBeLessThan(13);
  expect(watch.dequeues.slice(before).every(({ waitMs }) => waitMs === 100)).toBe(true);
}, 60_000);
