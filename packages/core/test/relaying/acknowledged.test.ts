import { expect, test } from "vitest";
import { STEADY } from "../support/acknowledged-sender.ts";
import { eventually } from "../support/eventually.ts";
import { Fleets } from "../support/fleets.ts";
import { interposed } from "../support/interposed.ts";
import { Ledger } from "../support/ledgers.ts";
import { names } from "../support/world.ts";

const OUTBOX = { outbox: true, ...STEADY } as const;

test("what a handler rejects has failed, with its reason", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open(OUTBOX);
  await fleet.register("ada", {}, { onMessage: (message) => message.reject("no thanks") });
  const { id } = await new Ledger(fleets.hub).send(fleet, "hi");
  const { statuses } = await eventually("it has failed", async () => {
    const report = await fleet.report(id);
    return report.failedCount === 1 && report;
  });
  expect(statuses).toEqual([{ identity: "ada", status: "failed", code: "REJECTED", reason: "no thanks" }]);
});

test("who can't be reached waits, and has it when it is back", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open(OUTBOX);
  const ada = await fleet.register("ada", {});
  const heard: string[] = [];
  const { id } = await new Ledger(fleets.hub).send(fleet, "hi");
  expect(await fleet.report(id)).toMatchObject({ targetCount: 1, pendingCount: 1 });
  await ada.attach((message) => void heard.push(message.text()));
  await eventually("it is delivered", async () => (await fleet.report(id)).deliveredCount === 1);
  expect(heard).toEqual(["hi"]);
});

test("a handler that takes longer than anybody waits for runs once", async () => {
  await using fleets = new Fleets();
  let lefts = 0;
  const { fleet } = await fleets.open({
    ...STEADY,
    outbox: (plain) =>
      interposed(plain, {
        settleMany: (original) => async (lease, settlements, call) => {
          if (settlements.some(({ left }) => left.length > 0)) lefts += 1;
          return await original(lease, settlements, call);
        },
      }),
  });
  let finish = (): void => {};
  const isDone = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let runs = 0;
  const onMessage = async (): Promise<void> => {
    runs += 1;
    await isDone;
  };
  await fleet.register("ada", {}, { onMessage });
  const { id } = await new Ledger(fleets.hub).send(fleet, "hi");
  await eventually("it was left behind twice", () => lefts === 2);
  finish();
  await eventually("it is delivered", async () => (await fleet.report(id)).deliveredCount === 1);
  expect(runs).toBe(1);
});

test("a relay that dies before it settles leaves nobody with two", async () => {
  await using fleets = new Fleets();
  const receiver = await fleets.open(STEADY);
  const everyone = names(60);
  const heard: string[] = [];
  const onMessage = ({ identity }: { readonly identity: string }): void => void heard.push(identity);
  const handles = await Promise.all(everyone.map((name) => receiver.fleet.register(name, {})));
  // Whom the second relay finds first in a shard is not whom the first has found.
  for (const handle of handles.slice(30)) await handle.attach(onMessage);
  let settlings = 0;
  const victim = await fleets.open({
    outbox: (plain) =>
      interposed(plain, {
        settleMany: () => async () => {
          settlings += 1;
          return await new Promise<never>(() => {});
        },
      }),
    ...STEADY,
  });
  const { id } = await new Ledger(fleets.hub).send(victim.fleet, "hi");
  await eventually("it is about to settle some shards", () => settlings >= 4);
  victim.faults.stop();
  for (const handle of handles.slice(0, 30)) await handle.attach(onMessage);
  const heir = await fleets.open(OUTBOX);
  await eventually("all of them have it", async () => (await heir.fleet.report(id)).deliveredCount === 60);
  expect(heard.toSorted()).toEqual(everyone);
});

test("who is registered no longer has failed; whose time is over, too", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open(OUTBOX);
  const [ada, ledger] = [await fleet.register("ada", {}), new Ledger(fleets.hub)];
  await fleet.register("bob", {});
  const codesOf = async (id: string): Promise<object> =>
    Object.fromEntries(
      (await fleet.report(id)).statuses.map(({ identity, status, code }) => [identity, code ?? status]),
    );
  const transaction = ledger.begin();
  const left = await fleet.multicast(null, "hi", { transaction });
  await ada.unregister();
  await transaction.commit();
  await eventually("one has failed", async () => (await fleet.report(left.id)).failedCount > 0);
  expect(await codesOf(left.id)).toEqual({ ada: "UNREGISTERED", bob: "pending" });
  const short = await ledger.send(fleet, "hurry", { ttlMs: 100 });
  await eventually("the other has failed", async () => (await fleet.report(short.id)).failedCount > 0);
  expect(await codesOf(short.id)).toEqual({ bob: "EXPIRED" });
});

test("an exactly-once message is left to a relay that can", async () => {
  await using fleets = new Fleets();
  const sender = await fleets.open({ ...OUTBOX, durability: true, relay: false });
  const heard: string[] = [];
  await sender.fleet.register("ada", {}, { onMessage: (message) => void heard.push(message.text()) });
  const poor = await fleets.open(OUTBOX);
  await eventually("it has the shards", () => poor.fleet.status().relay.shards === 16);
  const { id } = await new Ledger(fleets.hub).send(sender.fleet, "hi", { delivery: "exactly-once" });
  await eventually("it says why not", () => poor.warnings.some(({ code }) => code === "UNSUPPORTED"));
  await poor.fleet.close();
  await fleets.open({ ...OUTBOX, durability: true });
  await eventually("it is delivered", async () => (await sender.fleet.report(id)).deliveredCount === 1);
  expect(heard).toEqual(["hi"]);
});
