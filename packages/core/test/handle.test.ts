import { expect, test } from "vitest";
import type { Message } from "../src/message.ts";
import { eventually } from "./support/eventually.ts";
import { Fleets, lostReply } from "./support/fleets.ts";
import { interposed } from "./support/interposed.ts";

test("an update merges its patch: objects merge, arrays replace, undefined deletes, null is stored", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const handle = await fleet.register("a", { at: { x: 1, y: 2 }, tags: ["p", "q"], gone: 1 });
  await handle.update({ at: { y: null }, tags: ["r"], gone: undefined });
  const expected = { at: { x: 1, y: null }, tags: ["r"] };
  expect(handle.metadata).toEqual(expected);
  expect(handle.revision).toBe(2);
  expect(await fleet.get("a")).toMatchObject({ metadata: expected, revision: 2, epoch: handle.epoch });
});

test("concurrent updates of one handle apply in the order of the calls", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const handle = await fleet.register("a", {});
  await Promise.all(Array.from({ length: 50 }, (_, n) => handle.update({ last: n, [`n${n}`]: true })));
  expect(handle.revision).toBe(51);
  expect(handle.metadata["last"]).toBe(49);
  expect((await fleet.get("a"))?.metadata).toEqual(handle.metadata);
});

test("an update that is refused leaves the handle and the store as they were", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ schema: { fields: { n: "int" } } });
  const handle = await fleet.register("a", { n: 1 });
  await expect(handle.update({ n: "two" })).rejects.toMatchObject({ code: "INVALID_METADATA" });
  expect(handle.metadata).toEqual({ n: 1 });
  expect(await fleet.get("a")).toMatchObject({ metadata: { n: 1 }, revision: 1 });
});

test("an update whose reply is lost is applied once", async () => {
  await using fleets = new Fleets();
  let losses = 1;
  const { fleet } = await fleets.open({
    registry: (plain) =>
      interposed(plain, {
        setMany: (original) => async (entries, call) => {
          const outcomes = await original(entries, call);
          if (typeof entries[0]?.mode !== "object" || losses === 0) return outcomes;
          losses -= 1;
          throw lostReply();
        },
      }),
  });
  const handle = await fleet.register("a", { n: 1 });
  await handle.update({ n: 2 });
  expect(losses).toBe(0);
  expect(handle.revision).toBe(2);
  expect(await fleet.get("a")).toMatchObject({ metadata: { n: 2 }, revision: 2 });
});

test("after an update that was given up but took effect, the next one merges into what stands", async () => {
  await using fleets = new Fleets();
  const controller = new AbortController();
  let isCut = false;
  const { fleet } = await fleets.open({
    registry: (plain) =>
      interposed(plain, {
        setMany: (original) => async (entries, call) => {
          const outcomes = await original(entries, call);
          if (isCut) controller.abort();
          return outcomes;
        },
      }),
  });
  const handle = await fleet.register("a", { n: 1 });
  isCut = true;
  const given = await handle.update({ lost: true }, { signal: controller.signal }).catch((error: unknown) => error);
  expect(given).toMatchObject({ code: "ABORTED", mayHaveApplied: true });
  expect(handle.metadata).toEqual({ n: 1 });
  isCut = false;
  await handle.update({ n: 2 });
  expect(handle.metadata).toEqual({ n: 2, lost: true });
  expect((await fleet.get("a"))?.metadata).toEqual({ n: 2, lost: true });
});

test("a manual registration lives as long as it is renewed, and is lost when it isn't", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const handle = await fleet.register("a", {}, { ttlMs: 300, renew: "manual" });
  const lost: string[] = [];
  handle.on("lost", ({ reason }) => lost.push(reason));
  const { expiresAt } = (await fleet.get("a")) ?? {};
  const renewed = await handle.renew();
  expect(renewed).toBeGreaterThanOrEqual(expiresAt ?? Number.POSITIVE_INFINITY);
  expect((await fleet.get("a"))?.expiresAt).toBe(renewed);
  await eventually("it is lost", () => lost.length > 0);
  expect(lost).toEqual(["expired"]);
  await eventually("it is gone", async () => (await fleet.get("a")) === undefined);
  await expect(handle.renew()).rejects.toMatchObject({ code: "FENCED" });
  expect(fleet.status().serving).toBe(0);
});

test("short TTLs are renewed by identity, in shared batches", async () => {
  await using fleets = new Fleets();
  const batches: number[] = [];
  const { fleet } = await fleets.open({
    timing: { sessionLeaseMs: 10_000 },
    registry: (plain) =>
      interposed(plain, {
        renewMany: (original) => async (leases, call) => {
          batches.push(leases.length);
          return await original(leases, call);
        },
      }),
  });
  await Promise.all(Array.from({ length: 200 }, (_, n) => fleet.register(`id-${n}`, {}, { ttlMs: 1_500 })));
  const start = performance.now();
  await eventually("two lives pass", () => performance.now() - start > 3_000);
  expect(await fleet.count()).toBe(200);
  expect(batches.length).toBeLessThan(60);
});

test("a registration removed by somebody else is FENCED to update and NOT_FOUND to renew", async () => {
  await using fleets = new Fleets();
  const [owner, other] = await fleets.openTwo({ messaging: false });
  const first = await owner.fleet.register("a", {}, { onLost: "stop" });
  const second = await owner.fleet.register("b", {}, { onLost: "stop" });
  expect(await other.fleet.unregister("a")).toBe("removed");
  expect(await other.fleet.unregister("b")).toBe("removed");
  await expect(first.update({})).rejects.toMatchObject({ code: "FENCED" });
  await expect(second.renew()).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("unregistering by name tells the process that serves it, which doesn't register it again", async () => {
  await using fleets = new Fleets();
  const [owner, other] = await fleets.openTwo();
  const handle = await owner.fleet.register("a", {}, { onMessage: () => {} });
  const lost: string[] = [];
  handle.on("lost", ({ reason }) => lost.push(reason));
  expect(await other.fleet.unregister("a")).toBe("removed");
  await eventually("the owner is told", () => lost.length > 0);
  expect(lost).toEqual(["replaced"]);
  expect(await other.fleet.unregister("a")).toBe("absent");
});

test("unregister is idempotent, and absent when it was removed before", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ messaging: false });
  const handle = await fleet.register("a", {});
  expect(await Promise.all([handle.unregister(), handle.unregister()])).toEqual(["removed", "removed"]);
  expect(await handle.unregister()).toBe("removed");
  expect(await fleet.get("a")).toBeUndefined();
  const other = await fleet.register("b", {});
  await fleet.unregister("b");
  expect(await other.unregister()).toBe("absent");
});

test("an unregister whose reply is lost says removed", async () => {
  await using fleets = new Fleets();
  let losses = 1;
  const { fleet } = await fleets.open({
    registry: (plain) =>
      interposed(plain, {
        deleteMany: (original) => async (keys, call) => {
          const outcomes = await original(keys, call);
          if (losses === 0) return outcomes;
          losses -= 1;
          throw lostReply();
        },
      }),
  });
  const handle = await fleet.register("a", {});
  expect(await handle.unregister()).toBe("removed");
  expect(losses).toBe(0);
});

test("unregister waits for a running handler, and nothing is handed over after it", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const events: string[] = [];
  let finish = (): void => {};
  const running = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const handle = await fleet.register(
    "a",
    {},
    {
      onMessage: async () => {
        events.push("start");
        await running;
        events.push("end");
      },
    },
  );
  await fleet.multicast(null, "1");
  await fleet.multicast(null, "2");
  await eventually("the handler runs", () => events.length === 1);
  const unregistered = handle.unregister().then(() => events.push("unregistered"));
  expect((await fleet.get("a"))?.identity).toBe("a");
  finish();
  await unregistered;
  expect(events).toEqual(["start", "end", "unregistered"]);
});

test.each(["unregister", "dispose", "by name"])("a handler may await the end of its own handle: %s", async (how) => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ timing: { timeoutMs: 200 } });
  const outcomes: unknown[] = [];
  const handle = await fleet.register(
    "a",
    {},
    {
      onMessage: async () => {
        expect(await fleet.count()).toBe(1);
        if (how === "unregister") outcomes.push(await handle.unregister());
        else if (how === "dispose") outcomes.push(await handle[Symbol.asyncDispose]());
        else outcomes.push(await fleet.unregister("a"));
      },
    },
  );
  const errors: unknown[] = [];
  handle.on("handlerError", ({ error }) => errors.push(error));
  await fleet.multicast(null, "x");
  await eventually("it ends", () => outcomes.length + errors.length > 0);
  expect(errors).toEqual([]);
  expect(outcomes).toEqual([how === "dispose" ? undefined : "removed"]);
  expect(await fleet.get("a")).toBeUndefined();
});

test("a caller who gives up while a handler runs is ABORTED, and the record goes all the same", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  let isRunning = false;
  const onMessage = async (): Promise<void> => {
    isRunning = true;
    await new Promise(() => {});
  };
  const handle = await fleet.register("a", {}, { onMessage });
  await fleet.multicast(null, "x");
  await eventually("the handler runs", () => isRunning);
  const controller = new AbortController();
  const unregistered = handle.unregister({ signal: controller.signal });
  await eventually("it has begun", () => fleet.status().serving === 0);
  controller.abort();
  await expect(unregistered).rejects.toMatchObject({ code: "ABORTED" });
  await eventually("it is gone", async () => (await fleet.get("a")) === undefined);
});

test("a handle registered without a receiver can attach one later", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const handle = await fleet.register("a", { n: 1 });
  expect(await fleet.get("a")).toMatchObject({ attached: false });
  expect(await fleet.multicast(null, "x")).toMatchObject({ targetCount: 1, failedCount: 1 });
  const received: string[] = [];
  await handle.attach((message) => void received.push(message.text()));
  expect(await fleet.get("a")).toMatchObject({ attached: true, epoch: handle.epoch, metadata: { n: 1 } });
  await fleet.multicast(null, "y");
  await eventually("it receives", () => received.length > 0);
  expect(received).toEqual(["y"]);
  await expect(handle.attach(() => {})).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("messages() attaches, gives messages in order, and ends with the registration", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const handle = await fleet.register("a", {});
  const received: string[] = [];
  const reading = (async () => {
    for await (const message of handle.messages()) received.push(message.text());
  })();
  await eventually("it is attached", async () => (await fleet.get("a"))?.attached);
  for (const text of ["1", "2", "3"]) await fleet.multicast(null, text);
  await eventually("all arrived", () => received.length === 3);
  await handle.unregister();
  await reading;
  expect(received).toEqual(["1", "2", "3"]);
});

test("leaving messages() detaches, so that senders see it and another receiver can come", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const handle = await fleet.register("a", {});
  const messages = handle.messages();
  const first = messages.next();
  await eventually("it is attached", async () => (await fleet.get("a"))?.attached);
  await fleet.multicast(null, "1");
  const { value } = (await first) as IteratorYieldResult<Message>;
  expect(value.text()).toBe("1");
  await messages.return?.();
  await eventually("it is detached", async () => (await fleet.get("a"))?.attached === false);
  await handle.attach(() => {});
  expect(await fleet.get("a")).toMatchObject({ attached: true });
});

test("a handler that throws is an event, and the next message comes all the same", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const received: string[] = [];
  const handle = await fleet.register(
    "a",
    {},
    {
      onMessage: (message) => {
        received.push(message.text());
        if (message.text() === "1") throw new Error("no");
      },
    },
  );
  const errors: unknown[] = [];
  handle.on("handlerError", ({ error }) => errors.push(error));
  await fleet.multicast(null, "1");
  await fleet.multicast(null, "2");
  await eventually("both arrived", () => received.length === 2);
  expect(errors).toMatchObject([{ message: "no" }]);
});

test("the policy disconnect detaches a receiver that is too slow", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const handle = await fleet.register(
    "a",
    {},
    {
      onMessage: () => new Promise(() => {}),
      inbox: { capacity: 1, overflow: "disconnect" },
    },
  );
  const dropped: number[] = [];
  handle.on("overflow", (event) => dropped.push(event.dropped));
  for (const text of ["running", "waiting", "too much"]) await fleet.multicast(null, text);
  await eventually("it is detached", async () => (await fleet.get("a"))?.attached === false);
  await eventually("it is told", () => dropped.length > 0);
  expect(fleet.status().dropped).toBe(1);
});

test("an address of its own receives under it, for as long as it is registered", async () => {
  await using fleets = new Fleets();
  const [owner, sender] = await fleets.openTwo();
  const received: string[] = [];
  const handle = await owner.fleet.register(
    "a",
    {},
    { address: "devices/a", onMessage: (message) => void received.push(message.text()) },
  );
  await sender.fleet.multicast(null, "hello");
  await eventually("it arrives", () => received.length === 1);
  await handle.unregister();
  const again = await owner.fleet.register(
    "a",
    {},
    { address: "devices/a", onMessage: (message) => void received.push(message.text()) },
  );
  await sender.fleet.multicast(null, "again");
  await eventually("it arrives again", () => received.length === 2);
  expect(received).toEqual(["hello", "again"]);
  expect(again?.identity).toBe("a");
});

test("an address of its own stays with the registration when its receiver leaves, and the next one receives", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const handle = await fleet.register("a", {}, { address: "devices/a" });
  const messages = handle.messages();
  const first = messages.next();
  await eventually("it receives", async () => (await fleet.multicast(null, "1")).deliveredCount === 1);
  await first;
  await messages.return?.();
  const received: string[] = [];
  await handle.attach((message) => void received.push(message.text()));
  await fleet.multicast(null, "2");
  await eventually("it arrives", () => received.length > 0);
  expect(received).toEqual(["2"]);
});

test("unregistering by name what is lost and about to be restored ends it for good", async () => {
  await using fleets = new Fleets();
  const { fleet, faults } = await fleets.open({ timing: { sessionLeaseMs: 300, ttlMs: 60_000 } });
  const handle = await fleet.register("a", {});
  const events: string[] = [];
  handle.on("lost", ({ reason }) => events.push(reason));
  faults.down("store");
  await eventually("it is lost", () => events.length > 0);
  faults.up("store");
  await eventually("there is a new session", () => fleet.status().session.live);
  expect(await fleet.unregister("a")).toBe("removed");
  expect(await fleet.unregister("a")).toBe("absent");
  await expect(handle.update({})).rejects.toThrow("its registration has ended");
});

test("an unknown event is refused", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const handle = await fleet.register("a", {});
  expect(() => handle.on("exploded" as "lost", () => {})).toThrow(/INVALID_ARGUMENT/);
});
