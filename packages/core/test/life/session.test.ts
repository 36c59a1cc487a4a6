import { expect, test } from "vitest";
import { SESSION_PREFIX } from "../../src/slots/index.ts";
import { eventually } from "../support/eventually.ts";
import { Fleets } from "../support/fleets.ts";
import { interposed } from "../support/interposed.ts";

const MANY = 500;

/** Most of `times` within any 100 ms. */
function crowd(times: readonly number[]): number {
  return Math.max(...times.map((start) => times.filter((time) => time >= start && time < start + 100).length));
}

test("a session outlives its lease as long as its process renews it", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ timing: { sessionLeaseMs: 400 } });
  const { id } = fleet.status().session;
  const handle = await fleet.register("a", {});
  const start = performance.now();
  await eventually("two leases pass", () => performance.now() - start > 1_000);
  expect(fleet.status().session).toEqual({ id, live: true });
  expect(await fleet.get("a")).toMatchObject({ epoch: handle.epoch });
});

test("a session-bound registration has no expiry of its own, and renewing it says so", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const handle = await fleet.register("a", {});
  expect(await handle.renew()).toBeUndefined();
  expect((await fleet.get("a"))?.expiresAt).toBeUndefined();
});

test("one renewal keeps everything alive, whatever a process serves", async () => {
  await using fleets = new Fleets();
  const leases: number[] = [];
  const { fleet } = await fleets.open({
    timing: { sessionLeaseMs: 400 },
    registry: (plain) =>
      interposed(plain, {
        renewMany: (original) => async (batch, call) => {
          leases.push(batch.length);
          return await original(batch, call);
        },
      }),
  });
  await Promise.all(Array.from({ length: 500 }, (_, n) => fleet.register(`id-${n}`, {})));
  leases.length = 0;
  await eventually("several renewals", () => leases.length >= 2);
  expect(new Set(leases)).toEqual(new Set([1]));
  expect(await fleet.count()).toBe(500);
});

test("a store that is away for longer than the lease costs the session, and handles come back by themselves", async () => {
  await using fleets = new Fleets();
  const { fleet, faults } = await fleets.open({ timing: { sessionLeaseMs: 400, ttlMs: 900 } });
  const handle = await fleet.register("a", { n: 1 }, { ttlMs: 900 });
  const { epoch } = handle;
  const { id } = fleet.status().session;
  const events: string[] = [];
  handle.on("lost", ({ reason }) => events.push(reason));
  handle.on("restored", () => events.push("restored"));
  faults.down("store");
  await eventually("the session dies", () => !fleet.status().session.live);
  await eventually("the handle is told", () => events.length > 0);
  faults.up("store");
  await eventually("it is back", () => events.includes("restored"));
  expect(events).toEqual(["expired", "restored"]);
  expect(fleet.status().session).toMatchObject({ live: true });
  expect(fleet.status().session.id).not.toBe(id);
  expect(handle.epoch).toBeGreaterThan(epoch);
  expect(await fleet.get("a")).toMatchObject({ epoch: handle.epoch, metadata: { n: 1 } });
});

test("a long TTL, or none, is no reason to stay away for long", async () => {
  await using fleets = new Fleets();
  const { fleet, faults } = await fleets.open({ timing: { sessionLeaseMs: 400, ttlMs: 900 } });
  const handles = [
    await fleet.register("an hour", {}, { ttlMs: 3_600_000 }),
    await fleet.register("for ever", {}, { ttlMs: null }),
  ];
  const restored: string[] = [];
  for (const handle of handles) handle.on("restored", () => restored.push(handle.identity));
  faults.down("store");
  await eventually("the session dies", () => !fleet.status().session.live);
  faults.up("store");
  await eventually("both are back", () => restored.length === 2);
  expect(restored.toSorted()).toEqual(["an hour", "for ever"]);
});

test("a store that is back after a long outage is not met by everyone at once", { timeout: 20_000 }, async () => {
  await using fleets = new Fleets();
  const { fleet, faults } = await fleets.open({ timing: { sessionLeaseMs: 300, ttlMs: 4_000 } });
  const registering = Array.from({ length: MANY }, (_, n) => fleet.register(`id-${n}`, {}));
  let lost = 0;
  const back: number[] = [];
  for (const handle of await Promise.all(registering)) {
    handle.on("lost", () => void (lost += 1));
    handle.on("restored", () => back.push(performance.now()));
  }
  faults.down("store");
  await eventually("everyone is lost", () => lost === MANY);
  const lostAt = performance.now();
  await eventually("the time over which they spread has passed", () => performance.now() > lostAt + 2_500);
  faults.up("store");
  await eventually("everyone is back", () => back.length === MANY);
  expect(crowd(back)).toBeLessThan(MANY / 5);
});

test("a handle restored after its session died receives again", async () => {
  await using fleets = new Fleets();
  const [receiver, sender] = await fleets.openTwo({ timing: { sessionLeaseMs: 400, ttlMs: 900 } });
  const received: string[] = [];
  const handle = await receiver.fleet.register("a", {}, { onMessage: (message) => void received.push(message.text()) });
  const restored: number[] = [];
  handle.on("restored", ({ epoch }) => restored.push(epoch));
  receiver.faults.down("store");
  await eventually("the session dies", () => receiver.fleet.status().session.live === false);
  receiver.faults.up("store");
  await eventually("it is back", () => restored.length > 0);
  await sender.fleet.multicast(null, "again");
  await eventually("the message arrives", () => received.length > 0);
  expect(received).toEqual(["again"]);
});

test("onLost: stop leaves a lost registration alone", async () => {
  await using fleets = new Fleets();
  const { fleet, faults } = await fleets.open({ timing: { sessionLeaseMs: 400, ttlMs: 900 } });
  const handle = await fleet.register("a", {}, { onLost: "stop" });
  const lost: string[] = [];
  handle.on("lost", ({ reason }) => lost.push(reason));
  faults.down("store");
  await eventually("it is lost", () => lost.length > 0);
  faults.up("store");
  await eventually("there is a new session", () => fleet.status().session.live);
  await eventually("the old life ends", async () => (await fleet.get("a")) === undefined);
  expect(fleet.status().serving).toBe(0);
  await expect(handle.update({})).rejects.toMatchObject({ code: "FENCED" });
});

test("a lost identity that somebody else took meanwhile is replaced for good", async () => {
  await using fleets = new Fleets();
  const [first, second] = await fleets.openTwo({ timing: { sessionLeaseMs: 400, ttlMs: 900 } });
  const handle = await first.fleet.register("a", { by: 1 });
  const reasons: string[] = [];
  handle.on("lost", ({ reason }) => reasons.push(reason));
  first.faults.down("store");
  await eventually("the first is lost", () => reasons.length > 0);
  const successor = await eventually("the second takes over", async () => {
    return await second.fleet.register("a", { by: 2 }).catch(() => undefined);
  });
  first.faults.up("store");
  await eventually("the first is replaced", () => reasons.includes("replaced"));
  expect(reasons).toEqual(["expired", "replaced"]);
  expect(await first.fleet.get("a")).toMatchObject({ epoch: successor.epoch, metadata: { by: 2 } });
});

test("no handler starts after the session's deadline: what waited behind a slow one is dropped", async () => {
  await using fleets = new Fleets();
  const [receiver, sender] = await fleets.openTwo({ timing: { sessionLeaseMs: 400, ttlMs: 20_000 } });
  const started: string[] = [];
  let finish = (): void => {};
  const running = new Promise<void>((resolve) => {
    finish = resolve;
  });
  await receiver.fleet.register(
    "a",
    {},
    {
      onMessage: async (message) => {
        started.push(message.text());
        await running;
      },
    },
  );
  await sender.fleet.multicast(null, "first");
  await sender.fleet.multicast(null, "second");
  await eventually("the first is handled", () => started.length === 1);
  receiver.faults.down("store");
  await eventually("the deadline passes", () => !receiver.fleet.status().session.live);
  finish();
  const witnessed: string[] = [];
  await sender.fleet.register("witness", {}, { onMessage: (message) => void witnessed.push(message.text()) });
  await sender.fleet.multicast({ $identity: "witness" }, "x");
  await eventually("the witness receives", () => witnessed.length === 1);
  expect(started).toEqual(["first"]);
  receiver.faults.up("store");
});

test.each([
  ["bound to its session", 20_000],
  ["with an expiry of its own", 700],
])("no handler starts after the deadline because those before it took so long, of one %s", async (_, ttlMs) => {
  await using fleets = new Fleets();
  const [receiver, sender] = await fleets.openTwo({ timing: { sessionLeaseMs: 400, ttlMs } });
  const lived: boolean[] = [];
  const onMessage = (): void => {
    lived.push(receiver.fleet.status().session.live);
    const end = performance.now() + 150;
    while (performance.now() < end);
  };
  for (let index = 0; index < 10; index++) await receiver.fleet.register(`id-${index}`, {}, { onMessage });
  receiver.faults.down("store");
  expect(await sender.fleet.multicast(null, "x")).toMatchObject({ deliveredCount: 10 });
  await eventually("the deadline passes", () => !receiver.fleet.status().session.live);
  await new Promise(setImmediate);
  expect(lived.length).toBeLessThan(10);
  expect(lived).not.toContain(false);
});

test("a route that is down for longer than the lease turns the process offline until it is up again", async () => {
  await using fleets = new Fleets();
  const [receiver, observer] = await fleets.openTwo({ timing: { sessionLeaseMs: 400, ttlMs: 900 } });
  const handle = await receiver.fleet.register("a", {}, { onMessage: () => {} });
  const events: string[] = [];
  handle.on("routeDown", () => events.push("down"));
  handle.on("routeUp", () => events.push("up"));
  handle.on("lost", () => events.push("lost"));
  handle.on("restored", () => events.push("restored"));
  expect(receiver.fleet.status().route).toBe("up");
  receiver.faults.down("route");
  await eventually("it is told", () => events.includes("down"));
  await eventually("it is offline", async () => (await observer.fleet.get("a"))?.attached === false);
  await eventually("it is told that it is lost", () => events.includes("lost"));
  receiver.faults.up("route");
  await eventually("it is restored", () => events.includes("restored"));
  expect(events).toEqual(["down", "lost", "restored"]);
  expect(await observer.fleet.get("a")).toMatchObject({ attached: true });
});

test("a session is never enumerated, counted or registered by name", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  expect(await fleet.count()).toBe(0);
  expect((await fleet.enumerate()).identities).toEqual([]);
  await expect(fleet.get(SESSION_PREFIX + fleet.status().session.id)).rejects.toMatchObject({
    code: "INVALID_IDENTITY",
  });
});

test("a thousand renewals at once renew the session once", async () => {
  await using fleets = new Fleets();
  const renewed: string[] = [];
  const { fleet } = await fleets.open({
    timing: { sessionLeaseMs: 30_000, ttlMs: 90_000 },
    registry: (plain) =>
      interposed(plain, {
        renewMany: (original) => async (leases, call) => {
          renewed.push(
            ...leases.map(({ identity }) => identity).filter((identity) => identity.startsWith(SESSION_PREFIX)),
          );
          return await original(leases, call);
        },
      }),
  });
  const handles = await Promise.all(Array.from({ length: 1_000 }, (_, n) => fleet.register(`id-${n}`, {})));
  await Promise.all(handles.map((handle) => handle.renew()));
  expect(renewed).toHaveLength(1);
});

test("renewing by hand doesn't keep a process online whose route has been down for longer than the lease", async () => {
  await using fleets = new Fleets();
  const [receiver, observer] = await fleets.openTwo({ timing: { sessionLeaseMs: 400, ttlMs: 20_000 } });
  const handle = await receiver.fleet.register("a", {}, { onMessage: () => {} });
  receiver.faults.down("route");
  await eventually("it is offline", async () => {
    await handle.renew().catch(() => undefined);
    return (await observer.fleet.get("a"))?.attached === false;
  });
});
