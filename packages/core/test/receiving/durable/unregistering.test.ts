import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { Fleets } from "../../support/fleets.ts";
import { Outbox } from "../../support/outbox.ts";
import { slowly } from "../../support/slow-handler.ts";

test("unregister lets a handler finish, tells the store, and only then ends what else is queued", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, timing: { timeoutMs: 60_000 } });
  await using outbox = await Outbox.open(fleets.hub);
  const slow = slowly();
  const handle = await fleet.register("ada", {});
  for (const id of ["1", "2", "3"]) await outbox.enqueue(id, handle);
  await handle.attach(slow.onMessage);
  await eventually("the first runs", () => slow.begun.length === 1);
  const unregistered = handle.unregister();
  slow.finish();
  expect(await unregistered).toBe("removed");
  expect(slow.begun.map(({ id }) => id)).toEqual(["1"]);
  const codes = await Promise.all(["1", "2", "3"].map(async (id) => (await outbox.statuses(id))["ada"]));
  expect(codes).toEqual(["delivered", "UNREGISTERED", "UNREGISTERED"]);
  expect((await outbox.deadLetters()).map(({ attempts }) => attempts)).toEqual([0, 0]);
});

test("what is enqueued for a registration that has been unregistered meanwhile is refused", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  const { epoch } = await fleet.register("ada", {}, { onMessage: () => {} });
  await fleet.unregister("ada");
  const [failure] = await outbox.enqueue("m", { identity: "ada", epoch });
  expect(failure?.error.code).toBe("UNREGISTERED");
  const again = await fleet.register("ada", {});
  expect(await outbox.enqueue("m", again)).toEqual([]);
});

test("a handler that never ends holds unregister up for half of its time, and no longer", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  const slow = slowly();
  const handle = await fleet.register("ada", {}, { onMessage: slow.onMessage });
  await outbox.enqueue("m", handle);
  await eventually("it runs", () => slow.begun.length === 1);
  const since = performance.now();
  expect(await handle.unregister({ timeoutMs: 600 })).toBe("removed");
  expect(performance.now() - since).toBeLessThan(580);
  expect(await outbox.statuses("m")).toEqual({ ada: "UNREGISTERED" });
  slow.finish();
});

test("unregistering by name ends the queue of whoever serves it", async () => {
  await using fleets = new Fleets();
  const [one, other] = await fleets.openTwo({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  const handle = await one.fleet.register("ada", {});
  await outbox.enqueue("m", handle);
  expect(await other.fleet.unregister("ada")).toBe("removed");
  expect(await outbox.statuses("m")).toEqual({ ada: "UNREGISTERED" });
});

test("unregistering what another life has taken over leaves that one's queue alone", async () => {
  await using fleets = new Fleets();
  const [one, other] = await fleets.openTwo({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  const handle = await one.fleet.register("ada", {}, { onMessage: () => {} });
  const heir = await other.fleet.register("ada", {}, { replace: true });
  await outbox.enqueue("m", heir);
  expect(await handle.unregister()).toBe("superseded");
  expect(await outbox.statuses("m")).toEqual({ ada: "pending" });
});
