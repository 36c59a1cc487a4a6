import { expect, test } from "vitest";
import { STEADY } from "../support/acknowledged-sender.ts";
import { eventually } from "../support/eventually.ts";
import { Fleets } from "../support/fleets.ts";
import { Ledger } from "../support/ledgers.ts";
import { names } from "../support/world.ts";

const DURABLE = { durability: true, outbox: true, ...STEADY } as const;

test("everyone hears everything once and in order, whichever relays come, leave and die", async () => {
  await using fleets = new Fleets();
  const receiver = await fleets.open({ ...DURABLE, relay: false });
  const everyone = names(20);
  const heard = new Map<string, string[]>(everyone.map((name) => [name, []]));
  for (const name of everyone)
    await receiver.fleet.register(name, {}, { onMessage: (message) => void heard.get(name)?.push(message.text()) });
  const ledger = new Ledger(fleets.hub);
  const sent = Array.from({ length: 200 }, (_, n) => `message ${n}`);

  let isOver = false;
  const sending = (async () => {
    for (const text of sent) await ledger.send(receiver.fleet, text);
  })();
  const relaying = (async () => {
    let [older, younger] = await fleets.openTwo(DURABLE);
    for (let round = 0; !isOver; round += 1) {
      const heardBefore = heard.get("id-0000000")?.length ?? 0;
      if (round % 2 === 0) await older.fleet.close();
      else older.faults.stop();
      [older, younger] = [younger, await fleets.open(DURABLE)];
      await eventually("it goes on", () => isOver || (heard.get("id-0000000")?.length ?? 0) > heardBefore);
    }
  })();
  try {
    await sending;
    await eventually("all is heard", () => everyone.every((name) => heard.get(name)?.length === sent.length));
  } finally {
    isOver = true;
    await relaying;
  }
  for (const name of everyone) expect(heard.get(name)).toEqual(sent);
  await eventually("nothing waits", async () => (await receiver.fleet.backlog()).deliveries === 0);
}, 30_000);

test("one multicast to many is handed over whole, in parcels of several shards", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open(DURABLE);
  const everyone = names(6_000);
  const heard = new Map<string, number>();
  await Promise.all(
    everyone.map((name) =>
      fleet.register(
        name,
        {},
        { onMessage: ({ identity }) => void heard.set(identity, (heard.get(identity) ?? 0) + 1) },
      ),
    ),
  );
  const { id, targetCount } = await new Ledger(fleets.hub).send(fleet, "hi");
  expect(targetCount).toBe(6_000);
  await eventually("all have it", async () => (await fleet.report(id)).deliveredCount === 6_000);
  expect(new Set(heard.values())).toEqual(new Set([1]));
}, 30_000);

test("an exactly-once handler's effects stand once, also when its relay has handed over twice", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ ...DURABLE, delivery: "exactly-once" });
  const effects: string[] = [];
  await fleet.register(
    "ada",
    {},
    {
      onMessage(message, context) {
        const transaction = context.transaction as { onCommit(effect: () => void): void };
        transaction.onCommit(() => effects.push(message.text()));
        if (message.attempt === 1) throw new Error("not yet");
      },
    },
  );
  const { id } = await new Ledger(fleets.hub).send(fleet, "pay");
  await eventually("it is delivered", async () => (await fleet.report(id)).deliveredCount === 1);
  expect(effects).toEqual(["pay"]);
});
