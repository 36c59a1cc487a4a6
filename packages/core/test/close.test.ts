import { memoryRegistry } from "@muster/backend-memory";
import { expect, test } from "vitest";
import { type RegistryBackend, SESSION_PREFIX, type TimedCall } from "../src/slots/index.ts";
import { rejected } from "./support/codes.ts";
import { eventually } from "./support/eventually.ts";
import { Fleets, lostReply } from "./support/fleets.ts";
import { interposed } from "./support/interposed.ts";

const CALL = { signal: new AbortController().signal };

/** The store itself, as no fleet sees it. */
async function store(fleets: Fleets): Promise<RegistryBackend> {
  const registry = memoryRegistry({ hub: fleets.hub });
  await registry.open({ namespace: "test" }, CALL);
  return registry;
}

test("close ends this process' registrations and its session, and leaves those of others", async () => {
  await using fleets = new Fleets();
  const [leaving, staying] = await fleets.openTwo();
  await Promise.all(
    Array.from({ length: 50 }, (_, n) => leaving.fleet.register(`mine-${n}`, {}, { onMessage: () => {} })),
  );
  await staying.fleet.register("theirs", {});
  const session = SESSION_PREFIX + leaving.fleet.status().session.id;
  await leaving.fleet.close();
  expect(leaving.warnings).toEqual([]);
  expect(leaving.fleet.status()).toMatchObject({ state: "closed", serving: 0, session: { live: false } });
  expect((await staying.fleet.enumerate()).identities.map(({ identity }) => identity)).toEqual(["theirs"]);
  expect(await (await store(fleets)).getMany([session], CALL)).toEqual([undefined]);
});

test("closing twice is once, and both wait", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  await fleet.register("a", {});
  const both = Promise.all([fleet.close(), fleet.close()]);
  expect(fleet.status().state).toBe("closing");
  await both;
  await fleet.close();
  expect(fleet.status().state).toBe("closed");
});

test("close waits for running handlers", async () => {
  await using fleets = new Fleets();
  const [receiver, sender] = await fleets.openTwo();
  const events: string[] = [];
  let finish = (): void => {};
  const running = new Promise<void>((resolve) => {
    finish = resolve;
  });
  await receiver.fleet.register(
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
  await sender.fleet.multicast(null, "x");
  await eventually("the handler runs", () => events.length === 1);
  const closed = receiver.fleet.close().then(() => events.push("closed"));
  expect((await sender.fleet.get("a"))?.identity).toBe("a");
  finish();
  await closed;
  expect(events).toEqual(["start", "end", "closed"]);
});

test("a handler that never ends doesn't keep close from unregistering", async () => {
  await using fleets = new Fleets();
  const [receiver, sender] = await fleets.openTwo();
  let isRunning = false;
  await receiver.fleet.register(
    "a",
    {},
    {
      onMessage: async () => {
        isRunning = true;
        await new Promise(() => {});
      },
    },
  );
  await sender.fleet.multicast(null, "x");
  await eventually("the handler runs", () => isRunning);
  await receiver.fleet.close({ timeoutMs: 50 });
  expect(await sender.fleet.get("a")).toBeUndefined();
  expect(receiver.warnings.map(({ code }) => code)).toEqual(["TIMEOUT"]);
});

test("a register that is under way when close begins is finished and ended with the rest", async () => {
  await using fleets = new Fleets();
  const [leaving, staying] = await fleets.openTwo();
  const register = leaving.fleet.register("a", {});
  await leaving.fleet.close();
  await register;
  expect(await staying.fleet.get("a")).toBeUndefined();
});

test("leave: offline leaves registrations to their TTL, counted from the last sign of life", async () => {
  await using fleets = new Fleets();
  const [leaving, staying] = await fleets.openTwo();
  await leaving.fleet.register("a", { n: 1 }, { ttlMs: 900, onMessage: () => {} });
  const before = Date.now();
  await leaving.fleet.close({ leave: "offline" });
  const found = await staying.fleet.get("a");
  expect(found).toMatchObject({ attached: false, metadata: { n: 1 } });
  expect(found?.expiresAt).toBeGreaterThan(before - 900);
  expect(found?.expiresAt).toBeLessThanOrEqual(Date.now() + 900);
  await eventually("it expires", async () => (await staying.fleet.get("a")) === undefined);
});

test("close while the store is away still ends, and what was left expires with the session", async () => {
  await using fleets = new Fleets();
  const [leaving, staying] = await fleets.openTwo();
  await leaving.fleet.register("a", {}, { ttlMs: 700 });
  leaving.faults.down("store");
  await leaving.fleet.close({ timeoutMs: 50 });
  expect(leaving.fleet.status().state).toBe("closed");
  expect(leaving.warnings.length).toBeGreaterThan(0);
  expect((await staying.fleet.get("a"))?.identity).toBe("a");
  await eventually("it goes", async () => (await staying.fleet.get("a")) === undefined);
});

test("a close that couldn't remove everything keeps its session's record, which ends what is left", async () => {
  await using fleets = new Fleets();
  let isBroken = false;
  const leaving = await fleets.open({
    registry: (plain) =>
      interposed(plain, {
        deleteMany: (original) => async (keys, call) => {
          if (isBroken) throw lostReply();
          return await original(keys, call);
        },
      }),
  });
  const staying = await fleets.open();
  await leaving.fleet.register("a", {}, { ttlMs: 700 });
  isBroken = true;
  await leaving.fleet.close({ timeoutMs: 50 });
  expect((await staying.fleet.get("a"))?.identity).toBe("a");
  await eventually("it goes", async () => (await staying.fleet.get("a")) === undefined);
});

test("a handler may await the close of its own fleet", async () => {
  await using fleets = new Fleets();
  const [receiver, sender] = await fleets.openTwo({ timing: { timeoutMs: 200 } });
  const events: string[] = [];
  await receiver.fleet.register(
    "a",
    {},
    {
      onMessage: async () => {
        events.push("start");
        await sender.fleet.get("a");
        await receiver.fleet.close();
        events.push("end");
      },
    },
  );
  await sender.fleet.multicast(null, "x");
  await eventually("the handler ends", () => events.includes("end"));
  expect(await sender.fleet.get("a")).toBeUndefined();
  expect(receiver.fleet.status().state).toBe("closed");
});

/** Notes until when the store may take its time to delete, as ms from `start`. */
function notingDeadlines(deadlines: number[], start: () => number): (plain: RegistryBackend) => RegistryBackend {
  return (plain) =>
    interposed(plain, {
      deleteMany: (original) => async (keys, call) => {
        deadlines.push((call as TimedCall).deadline - start());
        return await original(keys, call);
      },
    });
}

test("a handler that never ends leaves close half of its time to unregister", async () => {
  await using fleets = new Fleets();
  const deadlines: number[] = [];
  let start = 0;
  const { fleet } = await fleets.open({ registry: notingDeadlines(deadlines, () => start) });
  let isRunning = false;
  const onMessage = async (): Promise<void> => {
    isRunning = true;
    await new Promise(() => {});
  };
  await fleet.register("a", {}, { onMessage });
  await fleet.multicast(null, "x");
  await eventually("the handler runs", () => isRunning);
  start = performance.now();
  await fleet.close({ timeoutMs: 1_000 });
  expect(deadlines.length).toBeGreaterThan(0);
  expect(Math.max(...deadlines)).toBeLessThanOrEqual(1_250); // The deadline and its grace, with whatever part is used.
});

test("a store that is away keeps close for one deadline, and it tries to unregister until then", async () => {
  await using fleets = new Fleets();
  const deadlines: number[] = [];
  let start = 0;
  const { fleet, faults, warnings } = await fleets.open({ registry: notingDeadlines(deadlines, () => start) });
  await fleet.register("a", {});
  const stuck = fleet.register("b", {}, { timeoutMs: 2_000 }).catch(() => "stuck");
  faults.down("store");
  start = performance.now();
  await fleet.close({ timeoutMs: 400 });
  expect(deadlines.length).toBeGreaterThan(0);
  expect(Math.max(...deadlines)).toBeLessThanOrEqual(650);
  expect(warnings.map(({ code }) => code)).toContain("TIMEOUT");
  expect(await stuck).toBe("stuck");
});

test("what is lost and waits to be restored leaves no record behind when its fleet closes", async () => {
  await using fleets = new Fleets();
  const [leaving, staying] = await fleets.openTwo({ timing: { ttlMs: 60_000, sessionLeaseMs: 300 } });
  const handle = await leaving.fleet.register("a", {});
  const events: string[] = [];
  handle.on("lost", ({ reason }) => events.push(reason));
  leaving.faults.down("store");
  await eventually("it is lost", () => events.length > 0);
  leaving.faults.up("store");
  await eventually("there is a new session", () => leaving.fleet.status().session.live);
  expect(await staying.fleet.get("a")).toMatchObject({ epoch: handle.epoch });
  await leaving.fleet.close();
  expect(await staying.fleet.get("a")).toBeUndefined();
});

test("disposing of a handle unregisters it, and after close does nothing", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  {
    await using _handle = await fleet.register("a", {});
    expect(await fleet.count()).toBe(1);
  }
  expect(await fleet.count()).toBe(0);
  const late = await fleet.register("b", {});
  await fleet.close();
  await late[Symbol.asyncDispose]();
});

test.each([{ leave: "online" }, { timeoutMs: 0 }, { timeoutMs: Number.NaN }])(
  "close(%o) is INVALID_ARGUMENT",
  async (options) => {
    await using fleets = new Fleets();
    const { fleet } = await fleets.open();
    await rejected("INVALID_ARGUMENT", fleet.close(options as { timeoutMs: number }));
    expect(fleet.status().state).toBe("open");
  },
);
