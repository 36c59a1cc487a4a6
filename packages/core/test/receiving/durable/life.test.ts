import { expect, test } from "vitest";
import type { Message } from "../../../src/message.ts";
import { type DurabilityBackend, MusterError } from "../../../src/slots/index.ts";
import { rejected } from "../../support/codes.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleets } from "../../support/fleets.ts";
import { interposed } from "../../support/interposed.ts";
import { Outbox } from "../../support/outbox.ts";
import { slowly } from "../../support/slow-handler.ts";

const AWAY = new MusterError({ code: "UNAVAILABLE", source: "test", message: "away" });

const PATIENT = { timeoutMs: 20_000, sessionLeaseMs: 10_000, ttlMs: 60_000 };

test("a registration that can't be attached does not stand", async () => {
  await using fleets = new Fleets();
  const durability = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(plain, {
      attachMany: () => async () => {
        throw AWAY;
      },
    });
  const [one, other] = [await fleets.open({ durability }), await fleets.open({ durability: true })];
  const options = { timeoutMs: 200, onMessage: () => {} };
  await rejected("TIMEOUT", one.fleet.register("ada", {}, options));
  await eventually("it has gone", async () => (await other.fleet.get("ada")) === undefined);
  expect(one.fleet.status().serving).toBe(0);
  await other.fleet.register("ada", {}, { onMessage: () => {} });
});

test("a receiver that can't be attached leaves its registration as it was, and may be attached later", async () => {
  await using fleets = new Fleets();
  let isAway = true;
  const durability = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(plain, {
      attachMany: (original) => async (session, targets, call) => {
        if (isAway) throw new MusterError({ code: "PERMISSION_DENIED", source: "test", message: "no" });
        return await original(session, targets, call);
      },
    });
  const { fleet } = await fleets.open({ durability });
  await using outbox = await Outbox.open(fleets.hub);
  const got: string[] = [];
  const handle = await fleet.register("ada", {});
  await rejected(
    "PERMISSION_DENIED",
    handle.attach(({ id }) => void got.push(id)),
  );
  isAway = false;
  await outbox.enqueue("m", handle);
  expect(await fleet.get("ada")).toMatchObject({ epoch: handle.epoch });
  await handle.attach(({ id }) => void got.push(id));
  await eventually("it is handled", () => got.length === 1);
});

test("what a process that died between registering and attaching has left collects, and its next life gets it", async () => {
  await using fleets = new Fleets();
  const attaching: (() => void)[] = [];
  const durability = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(plain, {
      attachMany: () => () =>
        new Promise<never>(() => {
          for (const tell of attaching) tell();
        }),
    });
  const [victim, heir] = [await fleets.open({ durability }), await fleets.open({ durability: true })];
  await using outbox = await Outbox.open(fleets.hub);
  const dying = new Promise<void>((resolve) => {
    attaching.push(resolve);
  });
  victim.fleet.register("ada", {}, { onMessage: () => {}, timeoutMs: 60_000 }).catch(() => undefined);
  await dying;
  victim.faults.stop();
  await heir.fleet.multicast(null, "hi", { delivery: "at-least-once", timeoutMs: 100 });
  const got: string[] = [];
  await heir.fleet.register("ada", {}, { replace: true, onMessage: (message) => void got.push(message.text()) });
  await eventually("it is handled", () => got.length === 1);
  expect([got, await outbox.deadLetters()]).toEqual([["hi"], []]);
});

test("whose queue belongs to a later life is lost at once", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  const handle = await fleet.register("ada", {}, { onLost: "stop" });
  await outbox.store.attachMany("other", [{ identity: "ada", epoch: handle.epoch + 1 }], {
    signal: AbortSignal.timeout(1_000),
  });
  const lost: string[] = [];
  handle.on("lost", ({ reason }) => void lost.push(reason));
  await handle.attach(() => {});
  expect([lost, fleet.status().serving]).toEqual([["fenced"], 0]);
});

test("what was lost because the store was away is attached again with its new life, and gets what came meanwhile", async () => {
  await using fleets = new Fleets();
  const [one, sender] = await fleets.openTwo({ durability: true });
  const got: string[] = [];
  const handle = await one.fleet.register(
    "ada",
    {},
    { ttlMs: 5_000, onMessage: (message) => void got.push(message.text()) },
  );
  const restored = new Promise<number>((resolve) => {
    handle.on("restored", ({ epoch }) => resolve(epoch));
  });
  const before = handle.epoch;
  one.faults.down("store");
  await eventually("it is offline", async () => (await sender.fleet.get("ada"))?.attached === false);
  await sender.fleet.multicast(null, "meanwhile", { delivery: "at-least-once", timeoutMs: 50 });
  one.faults.up("store");
  expect(await restored).toBeGreaterThan(before);
  await eventually("it is handled", () => got.length === 1);
  expect(await sender.fleet.multicast(null, "after", { delivery: "at-least-once" })).toMatchObject({
    deliveredCount: 1,
  });
});

test("what runs for a registration that is lost is told so by its signal", async () => {
  await using fleets = new Fleets();
  const [one, other] = await fleets.openTwo({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  const slow = slowly();
  const handle = await one.fleet.register("ada", {}, { onMessage: slow.onMessage });
  await outbox.enqueue("m", handle);
  await eventually("it runs", () => slow.begun.length === 1);
  await other.fleet.register("ada", {}, { replace: true, onMessage: () => {} });
  await eventually("it is told", () => slow.begun[0]?.signal.aborted === true);
  await eventually("its successor has handled it", async () => (await outbox.statuses("m"))["ada"] === "delivered");
  slow.finish();
});

test("a queue that can't be ended when its registration goes is ended in the background", async () => {
  await using fleets = new Fleets();
  let isAway = true;
  const durability = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(plain, {
      dropMany: (original) => async (targets, why, call) => {
        if (isAway) throw AWAY;
        await original(targets, why, call);
      },
    });
  const { fleet } = await fleets.open({ durability });
  await using outbox = await Outbox.open(fleets.hub);
  const handle = await fleet.register("ada", {});
  await outbox.enqueue("m", handle);
  expect(await handle.unregister({ timeoutMs: 100 })).toBe("removed");
  expect(await outbox.statuses("m")).toEqual({ ada: "pending" });
  isAway = false;
  await eventually("it is ended", async () => (await outbox.statuses("m"))["ada"] === "UNREGISTERED");
});

test("whoever detaches gives back what waits for it, uncounted, after its handler has finished", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  const handle = await fleet.register("ada", {});
  for (const id of ["1", "2"]) await outbox.enqueue(id, handle);
  const iteration = handle.messages();
  expect((await iteration.next()).value).toMatchObject({ id: "1" });
  await iteration.return?.();
  await eventually("it has been given back", async () => (await outbox.attempts("2")) === 0);
  expect([await outbox.attempts("1"), await outbox.statuses("1")]).toEqual([1, { ada: "pending" }]);
});

test("without a messaging slot an identity can be registered with a receiver, and be attached later", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, messaging: false, timing: { pollIntervalMs: 20 } });
  const got: string[] = [];
  const onMessage = ({ identity }: Message): void => void got.push(identity);
  await fleet.register("ada", {}, { onMessage });
  await (await fleet.register("bob", {})).attach(onMessage);
  const report = await fleet.multicast(null, "hi", { delivery: "at-least-once" });
  expect([report.deliveredCount, got.toSorted()]).toEqual([2, ["ada", "bob"]]);
});

test("renewing and updating attach nothing", async () => {
  await using fleets = new Fleets();
  let attached = 0;
  const durability = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(plain, {
      attachMany: (original) => async (session, targets, call) => {
        attached += targets.length;
        return await original(session, targets, call);
      },
    });
  const { fleet } = await fleets.open({ durability });
  const handle = await fleet.register("ada", {}, { onMessage: () => {} });
  await handle.update({ a: 1 });
  await handle.renew();
  expect(attached).toBe(1);
});

test("thousands who register at once are attached in a few calls", async () => {
  await using fleets = new Fleets();
  let calls = 0;
  const durability = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(plain, {
      attachMany: (original) => async (session, targets, call) => {
        calls += 1;
        return await original(session, targets, call);
      },
    });
  const { fleet } = await fleets.open({ durability, timing: PATIENT });
  await Promise.all(Array.from({ length: 3_000 }, (_, n) => fleet.register(`id-${n}`, {}, { onMessage: () => {} })));
  expect(calls).toBeLessThan(30);
});

test("a later receiver of the same life gets what waits, as soon as the earlier one's handler has finished", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, timing: { handlerLeaseMs: 1_000_000, pollIntervalMs: 50 } });
  await using outbox = await Outbox.open(fleets.hub);
  const slow = slowly();
  const handle = await fleet.register("ada", {});
  for (const id of ["1", "2"]) await outbox.enqueue(id, handle);
  await handle.attach(slow.onMessage, { inbox: { capacity: 1, overflow: "disconnect" } });
  await eventually("it is at work", () => slow.begun.length === 1);
  for (const text of ["a", "b"]) await fleet.multicast(null, text, { delivery: "at-most-once" });
  await eventually("it is detached", async () => (await fleet.get("ada"))?.attached === false);
  const later: string[] = [];
  await handle.attach(({ id, attempt }) => void later.push(`${id} ${attempt}`));
  expect(later).toEqual([]);
  slow.finish();
  await eventually("both are delivered", async () => (await outbox.statuses("2"))["ada"] === "delivered");
  expect([later, await outbox.statuses("1")]).toEqual([["2 1"], { ada: "delivered" }]);
});
