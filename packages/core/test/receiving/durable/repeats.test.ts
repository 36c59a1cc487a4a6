import { expect, test } from "vitest";
import { type DurabilityBackend, type Leased } from "../../../src/slots/index.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleets } from "../../support/fleets.ts";
import { interposed } from "../../support/interposed.ts";
import { AWAY, leaseIsOver, SHORT_LEASE, silent } from "../../support/leases.ts";
import { Latch } from "../../support/latch.ts";
import { Outbox } from "../../support/outbox.ts";

test("what was handled, but could not be acknowledged in time, is acknowledged when it comes again, and not handled", async () => {
  await using fleets = new Fleets();
  let hasComeAgain = false;
  const durability = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(plain, {
      settleMany: (original) => async (settlements, call) => {
        if (!hasComeAgain) throw AWAY;
        return await original(settlements, call);
      },
      dequeue: (original) => async (session, options, call) => {
        const leased = await original(session, options, call);
        hasComeAgain ||= leased.some(({ recipients }) => recipients.some(({ attempt }) => attempt > 1));
        return leased;
      },
    });
  const { fleet } = await fleets.open({ durability, timing: SHORT_LEASE });
  await using outbox = await Outbox.open(fleets.hub);
  let handled = 0;
  const handle = await fleet.register("ada", {}, { onMessage: () => void (handled += 1) });
  await outbox.enqueue("m", handle);
  await eventually("it is delivered", async () => (await outbox.statuses("m"))["ada"] === "delivered");
  expect([hasComeAgain, handled]).toEqual([true, 1]);
});

test("what comes again while it still runs shares the outcome of what runs", async () => {
  await using fleets = new Fleets();
  let isSilent = false;
  const { fleet } = await fleets.open({ durability: silent(() => isSilent), timing: SHORT_LEASE });
  await using outbox = await Outbox.open(fleets.hub);
  const gate = new Latch();
  let handled = 0;
  const handle = await fleet.register(
    "ada",
    {},
    {
      async onMessage() {
        handled += 1;
        await gate.opened;
      },
    },
  );
  await outbox.enqueue("m", handle);
  await eventually("it runs", () => handled === 1);
  isSilent = true;
  await leaseIsOver();
  isSilent = false;
  await eventually("it has come again", async () => (await outbox.attempts("m")) === 2);
  gate.open();
  await eventually("it is delivered", async () => (await outbox.statuses("m"))["ada"] === "delivered");
  expect(handled).toBe(1);
});

/** A store that tells nobody apart: whatever it has handed out comes once more, under a receipt of its own. */
function repeating(plain: DurabilityBackend): DurabilityBackend {
  const again: Leased[] = [];
  return interposed(plain, {
    traits: (traits) => ({ ...traits, dedupWindowMs: 0 }),
    dequeue: (original) => async (session, options, call) => {
      const leased = await original(session, options, call);
      if (leased.length === 0) return again.splice(0);
      const renamed = ({ recipients, ...rest }: Leased): Leased => ({
        ...rest,
        recipients: recipients.map((recipient) => ({ ...recipient, receipt: `${recipient.receipt} again` })),
      });
      again.push(...leased.map(renamed));
      return leased;
    },
  });
}

test("where the store doesn't tell repetitions apart, this process does", async () => {
  await using fleets = new Fleets();
  const settled: string[] = [];
  const durability = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(repeating(plain), {
      settleMany: (original) => async (settlements, call) => {
        settled.push(...settlements.map(({ as }) => as));
        return await original(settlements, call);
      },
    });
  const { fleet } = await fleets.open({ durability, timing: { pollIntervalMs: 20 } });
  await using outbox = await Outbox.open(fleets.hub);
  const handled: string[] = [];
  const handle = await fleet.register("ada", {}, { onMessage: ({ id }) => void handled.push(id) });
  for (const id of ["1", "2"]) await outbox.enqueue(id, handle);
  await eventually("all has come twice", () => settled.length === 4);
  expect([handled, new Set(settled)]).toEqual([["1", "2"], new Set(["ack"])]);
});

test("what one life's handler is at work on is not begun by the next one's in the same process", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, timing: { pollIntervalMs: 20 } });
  await using outbox = await Outbox.open(fleets.hub);
  const gate = new Latch();
  const [first, second]: [string[], string[]] = [[], []];
  const handle = await fleet.register("ada", {});
  for (const id of ["1", "2"]) await outbox.enqueue(id, handle);
  await handle.attach(async ({ id }) => {
    first.push(id);
    await gate.opened;
  });
  await eventually("the first life is at work", () => first.length === 1);
  await fleet.register("ada", {}, { replace: true, onMessage: ({ id }) => void second.push(id) });
  await eventually("it has come to the second", async () => (await outbox.attempts("1")) === 2);
  gate.open();
  await eventually("all are delivered", async () => (await outbox.statuses("2"))["ada"] === "delivered");
  expect([first, second, await outbox.statuses("1")]).toEqual([["1"], ["2"], { ada: "delivered" }]);
});
