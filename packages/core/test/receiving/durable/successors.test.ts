import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { Fleets, type Process } from "../../support/fleets.ts";
import { Latch } from "../../support/latch.ts";
import { Outbox } from "../../support/outbox.ts";

/** Registers an identity that takes whatever comes. */
async function collecting({ fleet }: Process, got: string[]): Promise<void> {
  await fleet.register("ada", {}, { replace: true, onMessage: ({ id, attempt }) => void got.push(`${id} ${attempt}`) });
}

test("what a process holds when it dies is handed to the identity's next process at once, before any lease ends", async () => {
  await using fleets = new Fleets();
  const timing = { handlerLeaseMs: 1_000_000, pollIntervalMs: 1_000_000 };
  const [victim, heir] = await fleets.openTwo({ durability: true, timing });
  await using outbox = await Outbox.open(fleets.hub);
  let hasBegun = false;
  const onMessage = (): Promise<void> => {
    hasBegun = true;
    return new Promise(() => {});
  };
  const handle = await victim.fleet.register("ada", {});
  for (const id of ["1", "2", "3"]) await outbox.enqueue(id, handle);
  await handle.attach(onMessage);
  await eventually("it is in the middle of the first", () => hasBegun);
  victim.faults.stop();
  const got: string[] = [];
  await collecting(heir, got);
  await eventually("all are delivered", async () => (await outbox.statuses("3"))["ada"] === "delivered");
  expect(got.map((entry) => entry.split(" ")[0])).toEqual(["1", "2", "3"]);
});

test("a process that was frozen past its session's lease hands nothing more over, and what it had goes to its successor", async () => {
  await using fleets = new Fleets();
  const [victim, heir] = await fleets.openTwo({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  const gate = new Latch();
  const [before, after]: [string[], string[]] = [[], []];
  const handle = await victim.fleet.register("ada", {}, { onLost: "stop" });
  for (const id of ["1", "2"]) await outbox.enqueue(id, handle);
  await handle.attach(async ({ id }) => {
    before.push(id);
    await gate.opened;
  });
  await eventually("it is in the middle of the first", () => before.length === 1);
  victim.faults.freeze();
  await eventually("others see it offline", async () => (await heir.fleet.get("ada"))?.attached === false);
  await collecting(heir, after);
  gate.open();
  await eventually("all are delivered", async () => (await outbox.statuses("2"))["ada"] === "delivered");
  victim.faults.thaw();
  await eventually("it knows of its loss", () => victim.fleet.status().serving === 0);
  expect([before, after.map((entry) => entry.split(" ")[0])]).toEqual([["1"], ["1", "2"]]);
});
