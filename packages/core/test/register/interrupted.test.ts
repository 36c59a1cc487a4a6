import { memoryHub, memoryRegistry } from "@muster/backend-memory";
import { expect, test } from "vitest";
import { type DeleteOutcome, SESSION_PREFIX } from "../../src/slots/index.ts";
import { codeOf } from "../support/codes.ts";
import { eventually } from "../support/eventually.ts";
import { Fleets, lostReply } from "../support/fleets.ts";
import { interposed } from "../support/interposed.ts";

test("a register whose reply is lost asks again and ends as one registration", async () => {
  await using fleets = new Fleets();
  let losses = 2;
  const { fleet } = await fleets.open({
    registry: (plain) =>
      interposed(plain, {
        setMany: (original) => async (entries, call) => {
          const outcomes = await original(entries, call);
          if (entries[0]?.identity !== "a" || losses === 0) return outcomes;
          losses -= 1;
          throw lostReply();
        },
      }),
  });
  const handle = await fleet.register("a", { n: 1 });
  expect(losses).toBe(0);
  expect(await fleet.count()).toBe(1);
  expect((await fleet.get("a"))?.epoch).toBe(handle.epoch);
});

test("a register whose replies are all lost leaves none behind", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({
    registry: (plain) =>
      interposed(plain, {
        setMany: (original) => async (entries, call) => {
          const outcomes = await original(entries, call);
          if (entries[0]?.identity !== "a") return outcomes;
          throw lostReply();
        },
      }),
  });
  const error: unknown = await fleet.register("a", {}, { timeoutMs: 100 }).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code: "TIMEOUT", mayHaveApplied: true });
  await eventually("it is gone", async () => (await fleet.get("a")) === undefined);
});

test("an aborted register whose batch is on its way is undone when it turns out stored", async () => {
  await using fleets = new Fleets();
  let letGo = (): void => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const sent: string[] = [];
  const deleted: DeleteOutcome[] = [];
  const { fleet } = await fleets.open({
    registry: (plain) =>
      interposed(plain, {
        deleteMany: (original) => async (keys, call) => {
          const outcomes = await original(keys, call);
          deleted.push(...outcomes);
          return outcomes;
        },
        setMany: (original) => async (entries, call) => {
          if (entries[0]?.identity !== "a") return await original(entries, call);
          sent.push("a");
          await gate;
          return await original(entries, call);
        },
      }),
  });
  const controller = new AbortController();
  const register = fleet.register("a", {}, { signal: controller.signal }).catch(codeOf);
  await eventually("it was sent", () => sent.length === 1);
  controller.abort();
  expect(await register).toBe("ABORTED");
  await eventually("it was undone too early", () => deleted.includes("absent"));
  letGo();
  await eventually("it is stored and undone", () => deleted.includes("deleted"));
  expect(await fleet.get("a")).toBeUndefined();
});

test("registers in flight when their session is lost are made under the next one", async () => {
  await using fleets = new Fleets();
  const { fleet, faults } = await fleets.open({ timing: { sessionLeaseMs: 400, ttlMs: 20_000, timeoutMs: 20_000 } });
  const { id } = fleet.status().session;
  faults.down("replies");
  const registers = Promise.all(Array.from({ length: 200 }, (_, n) => fleet.register(`id-${n}`, { n })));
  await eventually("the session dies", () => !fleet.status().session.live);
  faults.up("replies");
  const handles = await registers;
  expect(fleet.status().session.id).not.toBe(id);
  for (const handle of handles) expect((await fleet.get(handle.identity))?.epoch).toBe(handle.epoch);
}, 20_000);

test("a register whose session is lost while its reply is on the way is made under the next one", async () => {
  // By this store's clock the first session lives on, and so does what was registered under it.
  await using fleets = new Fleets(memoryHub({ now: () => 1_000_000 }));
  let isCut = false;
  let cuts = 0;
  let deletes = 0;
  const { fleet } = await fleets.open({
    timing: { sessionLeaseMs: 200, ttlMs: 20_000 },
    registry: (plain) =>
      interposed(plain, {
        renewMany: (original) => async (leases, call) => {
          if (isCut) throw lostReply();
          return await original(leases, call);
        },
        deleteMany: (original) => async (keys, call) => {
          deletes += 1;
          if (deletes === 1) throw lostReply();
          return await original(keys, call);
        },
        setMany: (original) => async (entries, call) => {
          const outcomes = await original(entries, call);
          if (entries[0]?.identity !== "a" || cuts > 0) return outcomes;
          cuts += 1;
          isCut = true;
          await eventually("the session dies", () => !fleet.status().session.live);
          isCut = false;
          return outcomes;
        },
      }),
  });
  const { id } = fleet.status().session;
  const handle = await fleet.register("a", { n: 1 });
  expect(fleet.status().session.id).not.toBe(id);
  expect(await fleet.get("a")).toMatchObject({ epoch: handle.epoch, attached: false });
  expect(fleet.status().serving).toBe(1);
});

test("a session that is dead only in the store is found out by register, which succeeds under the next one", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ timing: { sessionLeaseMs: 60_000, ttlMs: 120_000 } });
  const { id } = fleet.status().session;
  await removeSession(fleets, id);
  const handle = await fleet.register("a", { n: 1 });
  expect(fleet.status().session.live).toBe(true);
  expect(fleet.status().session.id).not.toBe(id);
  expect(await fleet.get("a")).toMatchObject({ epoch: handle.epoch, metadata: { n: 1 } });
});

test("an update under a session that is dead only in the store is FENCED, and the handle is restored", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ timing: { sessionLeaseMs: 300, ttlMs: 600, reapIntervalMs: 60_000 } });
  const handle = await fleet.register("a", { n: 1 });
  const { epoch } = handle;
  const events: string[] = [];
  handle.on("lost", ({ reason }) => events.push(reason));
  handle.on("restored", () => events.push("restored"));
  await removeSession(fleets, fleet.status().session.id);
  await expect(handle.update({ n: 2 })).rejects.toMatchObject({ code: "FENCED" });
  expect(handle.metadata).toEqual({ n: 1 });
  await eventually("it is restored", () => events.includes("restored"));
  expect(events).toEqual(["expired", "restored"]);
  expect(handle.epoch).toBeGreaterThan(epoch);
  await handle.update({ n: 3 });
  expect(await fleet.get("a")).toMatchObject({ epoch: handle.epoch, metadata: { n: 3 } });
});

/** As the reaper of another process might, behind the back of who holds it. */
async function removeSession(fleets: Fleets, id: string): Promise<void> {
  const call = { signal: new AbortController().signal };
  const registry = memoryRegistry({ hub: fleets.hub });
  await registry.open({ namespace: "test" }, call);
  const [record] = await registry.getMany([SESSION_PREFIX + id], call);
  if (record === undefined) throw new Error("there is no such session");
  await registry.deleteMany([{ identity: record.identity, epoch: record.epoch }], call);
}
