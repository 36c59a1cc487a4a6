import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { eventually } from "./support/eventually.ts";
import { Fleets } from "./support/fleets.ts";
import { interposed } from "./support/interposed.ts";

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
