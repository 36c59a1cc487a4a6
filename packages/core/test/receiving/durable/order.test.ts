import { expect, test } from "vitest";
import type { Message } from "../../../src/message.ts";
import type { DurabilityBackend } from "../../../src/slots/index.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleets } from "../../support/fleets.ts";
import { interposed } from "../../support/interposed.ts";
import { Outbox } from "../../support/outbox.ts";

test("while a message is retried the later ones of its identity wait, and those of others don't", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  const begun: string[] = [];
  const onMessage = ({ id, identity, attempt }: Message): void => {
    begun.push(`${identity} ${id} ${attempt}`);
    if (identity === "ada" && id === "1" && attempt < 3) throw new Error("not yet");
  };
  const former = [await fleet.register("ada", {}), await fleet.register("bob", {})];
  for (const id of ["1", "2", "3"]) await outbox.enqueue(id, former);
  for (const handle of former) await handle.attach(onMessage);
  await eventually("all are delivered", async () => (await outbox.statuses("3"))["ada"] === "delivered");
  expect(begun.filter((entry) => entry.startsWith("ada"))).toEqual([
    "ada 1 1",
    "ada 1 2",
    "ada 1 3",
    "ada 2 1",
    "ada 3 1",
  ]);
  expect(begun.slice(0, 4)).toEqual(["ada 1 1", "bob 1 1", "bob 2 1", "bob 3 1"]);
});

test("a dead letter lets the later ones pass", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  const handled: string[] = [];
  const former = await fleet.register("ada", {});
  for (const id of ["1", "2"]) await outbox.enqueue(id, former);
  await former.attach((message) => {
    if (message.id === "1") message.reject("never");
    else handled.push(message.id);
  });
  await eventually("the second is delivered", async () => (await outbox.statuses("2"))["ada"] === "delivered");
  expect([handled, await outbox.statuses("1")]).toEqual([["2"], { ada: "REJECTED" }]);
});

test("a handler has one message at a time, however many wait for it", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  const former = await fleet.register("ada", {});
  const ids = Array.from({ length: 60 }, (_, index) => String(index));
  for (const id of ids) await outbox.enqueue(id, former);
  let running = 0;
  let most = 0;
  const handled: string[] = [];
  await former.attach(async ({ id }) => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    handled.push(id);
  });
  await eventually("all are handled", () => handled.length === ids.length);
  expect([most, handled]).toEqual([1, ids]);
});

test("what comes while an earlier one runs is looked for as soon as that is settled", async () => {
  await using fleets = new Fleets();
  let dequeues = 0;
  const durability = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(plain, {
      dequeue: (original) => async (session, options, call) => {
        const leased = await original(session, options, call);
        dequeues += 1;
        return leased;
      },
    });
  const { fleet } = await fleets.open({ durability, timing: { pollIntervalMs: 1_000_000 } });
  await using outbox = await Outbox.open(fleets.hub);
  let finish = (): void => {};
  const begun: string[] = [];
  const handle = await fleet.register("ada", {});
  await outbox.enqueue("1", handle);
  await handle.attach(async ({ id }) => {
    begun.push(id);
    if (id === "1")
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
  });
  await eventually("the first has begun", () => begun.length === 1);
  const before = dequeues;
  const later = fleet.multicast(null, "second", { delivery: "at-least-once" });
  await eventually("its bell was heard in vain", () => dequeues > before);
  expect(begun).toEqual(["1"]);
  finish();
  expect(await later).toMatchObject({ deliveredCount: 1 });
});
