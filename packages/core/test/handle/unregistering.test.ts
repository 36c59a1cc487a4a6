import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { Fleets, lostReply } from "../support/fleets.ts";
import { interposed } from "../support/interposed.ts";

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
