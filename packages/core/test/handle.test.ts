import { expect, test } from "vitest";
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

test("an unknown event is refused", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  const handle = await fleet.register("a", {});
  expect(() => handle.on("exploded" as "lost", () => {})).toThrow(/INVALID_ARGUMENT/);
});
