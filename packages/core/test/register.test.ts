import { getEventListeners } from "node:events";
import { memoryHub, memoryRegistry } from "@muster/backend-memory";
import { describe, expect, test } from "vitest";
import { type DeleteOutcome, type MusterError, SESSION_PREFIX } from "../src/slots/index.ts";
import { eventually } from "./support/eventually.ts";
import { Fleets, lostReply } from "./support/fleets.ts";
import { interposed } from "./support/interposed.ts";

const codeOf = (error: unknown): string => (error as MusterError).code;

test("what is registered can be read, with epoch, revision and metadata", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const handle = await fleet.register("a", { status: "online" });
  const found = await fleet.get("a");
  expect(found).toMatchObject({ identity: "a", metadata: { status: "online" }, epoch: handle.epoch, revision: 1 });
});

test("a registration with a handler receives what is sent right after it returned", async () => {
  await using fleets = new Fleets();
  const [here, there] = await fleets.openTwo();
  const texts: string[] = [];
  await here.fleet.register("a", {}, { onMessage: (message) => void texts.push(message.text()) });
  const report = await there.fleet.multicast(null, "hello");
  expect(report).toMatchObject({ targetCount: 1, deliveredCount: 1 });
  await eventually("the message arrives", () => texts.length === 1);
  expect(texts).toEqual(["hello"]);
});

test("what is sent to a registration that stands while its reply is still on the way reaches the handler", async () => {
  await using fleets = new Fleets();
  const there = await fleets.open();
  const here = await fleets.open({
    registry: (plain) =>
      interposed(plain, {
        setMany: (original) => async (entries, call) => {
          const outcomes = await original(entries, call);
          if (entries.some(({ identity }) => identity === "a")) {
            expect(await there.fleet.multicast(null, "early")).toMatchObject({ deliveredCount: 1 });
          }
          return outcomes;
        },
      }),
  });
  const texts: string[] = [];
  await here.fleet.register("a", {}, { onMessage: (message) => void texts.push(message.text()) });
  await there.fleet.multicast(null, "later");
  await eventually("the second message arrives", () => texts.includes("later"));
  expect(texts).toEqual(["early", "later"]);
});

test("of 1,000 concurrent registers of 100 identities from 4 processes exactly one each wins", async () => {
  await using fleets = new Fleets();
  const processes = await fleets.openMany(4, { timing: { sessionLeaseMs: 5_000, ttlMs: 20_000 } });
  const calls = Array.from({ length: 1_000 }, async (_, call) => {
    const fleet = processes[call % 4]?.fleet;
    return await fleet?.register(`id-${(call * 7) % 100}`, { call });
  });
  const outcomes = await Promise.allSettled(calls);
  const won = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" && outcome.value ? [outcome.value] : []));
  const lost = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [codeOf(outcome.reason)] : []));
  expect(new Set(won.map((handle) => handle.identity)).size).toBe(100);
  expect(won).toHaveLength(100);
  expect(new Set(lost)).toEqual(new Set(["ALREADY_EXISTS"]));
  const fleet = processes[0]?.fleet;
  for (const handle of won) expect((await fleet?.get(handle.identity))?.epoch).toBe(handle.epoch);
});

test("of 1,000 concurrent registers of 100 identities in a namespace for 60, 60 win, one each", async () => {
  await using fleets = new Fleets();
  const timing = { sessionLeaseMs: 5_000, ttlMs: 20_000 };
  const processes = await fleets.openMany(4, { timing, limits: { maxIdentities: 60 } });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 1_000 }, async (_, call) => processes[call % 4]?.fleet.register(`id-${(call * 7) % 100}`, {})),
  );
  const won = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" && outcome.value ? [outcome.value] : []));
  const lost = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [codeOf(outcome.reason)] : []));
  expect(new Set(won.map((handle) => handle.identity)).size).toBe(60);
  expect(won).toHaveLength(60);
  expect(new Set(lost)).toEqual(new Set(["ALREADY_EXISTS", "QUOTA_EXCEEDED"]));
  expect(await processes[0]?.fleet.count()).toBe(60);
});

test("concurrent registers from 4 processes never exceed the quota", async () => {
  await using fleets = new Fleets();
  const processes = await fleets.openMany(4, { limits: { maxIdentities: 50 } });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 200 }, async (_, call) => await processes[call % 4]?.fleet.register(`id-${call}`, {})),
  );
  expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(50);
  const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as MusterError] : []));
  expect(new Set(refused.map(codeOf))).toEqual(new Set(["QUOTA_EXCEEDED"]));
  expect(refused[0]?.detail).toEqual({ limit: 50 });
  expect(await processes[0]?.fleet.count()).toBe(50);
});

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

test("an aborted signal registers nothing", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  await expect(fleet.register("a", {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
  expect(await fleet.count()).toBe(0);
});

test("any number of calls can share one signal without Node warning of a leak", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const warnings: string[] = [];
  const onWarning = ({ name }: Error): void => void warnings.push(name);
  process.on("warning", onWarning);
  try {
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 50 }, (_, n) => fleet.register(`id-${n}`, {}, { signal })));
    expect(getEventListeners(signal, "abort")).toEqual([]);
    await new Promise(setImmediate); // Warnings are emitted on the next tick.
  } finally {
    process.off("warning", onWarning);
  }
  expect(warnings).toEqual([]);
});

test("a live identity is refused, and taken over with replace: the old handle is lost for good", async () => {
  await using fleets = new Fleets();
  const [old, young] = await fleets.openTwo();
  const first = await old.fleet.register("a", { by: "old" }, { onMessage: () => {} });
  const reasons: string[] = [];
  first.on("lost", ({ reason }) => reasons.push(reason));
  await expect(young.fleet.register("a", {})).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  const second = await young.fleet.register("a", { by: "young" }, { replace: true });
  expect(second.epoch).toBeGreaterThan(first.epoch);
  await eventually("the old handle is told", () => reasons.length > 0);
  expect(reasons).toEqual(["replaced"]);
  expect((await old.fleet.get("a"))?.metadata).toEqual({ by: "young" });
});

test("replacing an identity of one's own process ends its old handle", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const received: string[] = [];
  const first = await fleet.register("a", {}, { onMessage: () => void received.push("first") });
  const reasons: string[] = [];
  first.on("lost", ({ reason }) => reasons.push(reason));
  await fleet.register("a", {}, { replace: true, onMessage: () => void received.push("second") });
  await fleet.multicast(null, "x");
  await eventually("the message arrives", () => received.length > 0);
  expect(received).toEqual(["second"]);
  expect(reasons).toEqual(["replaced"]);
});

test("stale handles can't update, renew or unregister a successor", async () => {
  await using fleets = new Fleets();
  const [old, young] = await fleets.openTwo({ messaging: false });
  const stale = await old.fleet.register("a", { n: 1 }, { onLost: "stop" });
  const other = await old.fleet.register("b", { n: 1 }, { onLost: "stop" });
  const successor = await young.fleet.register("a", { n: 2 }, { replace: true });
  await young.fleet.register("b", { n: 2 }, { replace: true });
  await expect(stale.update({ n: 3 })).rejects.toMatchObject({ code: "FENCED" });
  await expect(other.renew()).rejects.toMatchObject({ code: "FENCED" });
  expect(await stale.unregister()).toBe("superseded");
  expect(await young.fleet.get("a")).toMatchObject({ epoch: successor.epoch, metadata: { n: 2 } });
  expect(stale.metadata).toEqual({ n: 1 });
});

describe("refused before anything is stored", () => {
  test.each<readonly [string, string, object, string]>([
    ["an unknown option", "a", { ttl: 5 }, "INVALID_ARGUMENT"],
    ["an unknown renew", "a", { renew: "always" }, "INVALID_ARGUMENT"],
    ["an unknown onLost", "a", { onLost: "cry" }, "INVALID_ARGUMENT"],
    ["a replace that is no boolean", "a", { replace: 1 }, "INVALID_ARGUMENT"],
    ["an inbox without room", "a", { onMessage: () => {}, inbox: { capacity: 0 } }, "INVALID_ARGUMENT"],
    ["an unknown overflow policy", "a", { onMessage: () => {}, inbox: { overflow: "explode" } }, "INVALID_ARGUMENT"],
    ["a node's address", "a", { address: "n.1" }, "INVALID_ARGUMENT"],
    ["a TTL of nothing", "a", { ttlMs: 0 }, "INVALID_ARGUMENT"],
    ["a timeout of nothing", "a", { timeoutMs: 0 }, "INVALID_ARGUMENT"],
    ["a handler that is none", "a", { onMessage: "log" }, "INVALID_ARGUMENT"],
    ["a reserved identity", "$a", {}, "INVALID_IDENTITY"],
    ["an empty identity", "", {}, "INVALID_IDENTITY"],
  ])("%s", async (_what, identity, options, code) => {
    await using fleets = new Fleets();
    const { fleet } = await fleets.open();
    await expect(fleet.register(identity, {}, options)).rejects.toMatchObject({ code });
    expect(await fleet.count()).toBe(0);
  });

  test("a handler without a messaging slot", async () => {
    await using fleets = new Fleets();
    const { fleet } = await fleets.open({ messaging: false });
    await expect(fleet.register("a", {}, { onMessage: () => {} })).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(await fleet.count()).toBe(0);
  });
});
