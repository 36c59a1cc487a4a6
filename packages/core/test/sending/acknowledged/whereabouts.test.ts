import { memoryRegistry } from "@muster/backend-memory";
import { expect, test } from "vitest";
import { createMailbox } from "../../../src/receiving/mailbox.ts";
import { openNode } from "../../../src/receiving/node.ts";
import { PLACE_STATE } from "../../../src/wire/acknowledgement.ts";
import { openSender, STEADY } from "../../support/acknowledged-sender.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleets } from "../../support/fleets.ts";
import { interposed } from "../../support/interposed.ts";
import { outdated } from "../../support/outdated.ts";
import { CALL, entry, names, openMessaging, stored } from "../../support/world.ts";
import { Latch } from "../../support/latch.ts";

test("a message that comes before the outcome of its registration is known is handled once it is, and acknowledged", async () => {
  await using fleets = new Fleets();
  await using sender = await openSender(fleets.hub);
  const latch = new Latch();
  const { fleet } = await fleets.open({
    ...STEADY,
    registry: (plain) =>
      interposed(plain, {
        setMany: (original) => async (entries, call) => {
          const outcomes = await original(entries, call);
          if (entries.some(({ identity }) => identity === "ada")) await latch.opened;
          return outcomes;
        },
      }),
  });
  const attempts: number[] = [];
  const registered = fleet.register("ada", {}, { onMessage: ({ attempt }) => void attempts.push(attempt) });
  const registry = memoryRegistry({ hub: fleets.hub });
  await registry.open({ namespace: "test" }, CALL);
  await eventually("the record stands", async () => (await registry.getMany(["ada"], CALL))[0] !== undefined);
  const sending = sender.multicast();
  await eventually("it has been sent", () => sender.published > 0);
  latch.open();
  await registered;
  expect((await sending).report).toMatchObject({ targetCount: 1, deliveredCount: 1 });
  expect(attempts).toEqual([1]);
});

test("where no handler may start any more nothing is handled, and the successor gets the message", async () => {
  await using fleets = new Fleets();
  const untried = new Latch();
  await using sender = await openSender(fleets.hub, {
    onAcknowledgement: ({ runs }) => {
      if (runs.some(([, , state]) => state === PLACE_STATE.untried)) untried.open();
      return "pass";
    },
  });
  const registry = memoryRegistry({ hub: fleets.hub });
  await registry.open({ namespace: "test" }, CALL);
  const nothing = (): void => {};
  const messaging = await openMessaging(fleets.hub);
  const events = { onReplaced: nothing, onRoute: nothing, onBell: nothing, onReceipts: nothing };
  const frozen = openNode({ messaging, events, warn: nothing });
  await frozen.open(CALL);
  await stored(registry, entry("$session/frozen", { ttlMs: 60_000, address: frozen.address }));
  const place = { session: "frozen", address: frozen.address, sessionBound: true, ttlMs: 60_000 };
  const { epoch } = await stored(registry, entry("ada", place));
  let handledByFrozen = 0;
  const onMessage = (): void => {
    handledByFrozen += 1;
  };
  const mailbox = createMailbox({ mayStart: () => false, onOverflow: nothing, onHandlerError: nothing, onMessage });
  frozen.expect("ada").attach(epoch, mailbox);
  const sending = sender.multicast();
  await untried.opened;
  const { fleet } = await fleets.open(STEADY);
  const handled: number[] = [];
  const successor = await fleet.register(
    "ada",
    {},
    {
      replace: true,
      onMessage: (message) => void handled.push(message.epoch),
    },
  );
  expect((await sending).report).toMatchObject({ targetCount: 1, deliveredCount: 1 });
  expect([handledByFrozen, handled]).toEqual([0, [successor.epoch]]);
  await frozen.close();
});

test("who has moved is sent to where it is now at once, under the same id", async () => {
  await using fleets = new Fleets();
  const [before, after] = await fleets.openTwo(STEADY);
  const handled: string[] = [];
  const ids = new Set<string>();
  const register = async ({ fleet }: typeof before, owner: string): Promise<void> => {
    for (const name of ["ada", "bob"]) {
      await fleet.register(
        name,
        {},
        {
          replace: true,
          onMessage: ({ identity, id }) => {
            handled.push(`${identity} at ${owner}`);
            ids.add(id);
          },
        },
      );
    }
  };
  await register(before, "the old one");
  const answers: number[] = [];
  await using sender = await openSender(fleets.hub, {
    registry: outdated(() => register(after, "the new one")),
    onAcknowledgement: ({ runs }) => {
      answers.push(...runs.map(([, , state]) => state));
      return "pass";
    },
  });
  const start = performance.now();
  const { report } = await sender.multicast();
  // Sooner than whoever hears nothing sends again.
  expect(performance.now() - start).toBeLessThan(450);
  expect(report).toMatchObject({ targetCount: 2, deliveredCount: 2 });
  expect(handled).toEqual(["ada at the new one", "bob at the new one"]);
  expect(answers).toEqual([PLACE_STATE.absent, PLACE_STATE.handled]);
  expect(ids.size).toBe(1);
});

test("of two lives that were both sent to the first acknowledgement wins, and the later is counted as a duplicate", async () => {
  await using fleets = new Fleets();
  const [before, after] = await fleets.openTwo(STEADY);
  const third = await fleets.open(STEADY);
  let isHeldBack = true;
  await using sender = await openSender(fleets.hub, {
    onAcknowledgement: ({ attempt, runs }) =>
      isHeldBack && attempt === 1 && runs.some(([, , state]) => state === PLACE_STATE.handled) ? "hold" : "pass",
  });
  const handled: string[] = [];
  const latch = new Latch();
  await before.fleet.register("ada", {}, { onMessage: () => void handled.push("first life") });
  await third.fleet.register("waits", {}, { onMessage: () => latch.opened });
  const reported: string[] = [];
  const sending = sender.multicast({
    onReceipts: (receipts) => void reported.push(...receipts.map(({ identity }) => identity)),
  });
  await eventually("the first life has handled it", () => handled.length === 1);
  await after.fleet.register("ada", {}, { replace: true, onMessage: () => void handled.push("second life") });
  await eventually("the second life has acknowledged it", () => reported.includes("ada"));
  isHeldBack = false;
  await sender.release();
  latch.open();
  const { report, duplicates } = await sending;
  expect(report).toMatchObject({ targetCount: 2, deliveredCount: 2 });
  expect([handled, duplicates]).toEqual([["first life", "second life"], 1]);
});

test("when a process dies its recipients are sent to where they turn up, and nobody else handles the message twice", async () => {
  await using fleets = new Fleets();
  await using sender = await openSender(fleets.hub, {
    onAcknowledgement: ({ attempt }) => (attempt === 1 ? "drop" : "pass"),
  });
  const [dies, lives] = await fleets.openTwo(STEADY);
  const handled: string[] = [];
  const register = ({ fleet }: typeof dies, name: string): Promise<unknown> =>
    fleet.register(name, {}, { replace: true, onMessage: ({ identity }) => void handled.push(identity) });
  for (const name of names(10, "dies-")) await register(dies, name);
  for (const name of names(10, "lives-")) await register(lives, name);
  dies.faults.stop();
  const sending = sender.multicast();
  await eventually("it has been sent", () => sender.published > 0);
  for (const name of names(10, "dies-")) await register(lives, name);
  expect((await sending).report).toMatchObject({ targetCount: 20, deliveredCount: 20 });
  expect(handled.toSorted()).toEqual([...names(10, "dies-"), ...names(10, "lives-")]);
});
