import { expect, test } from "vitest";
import { STEADY } from "../support/acknowledged-sender.ts";
import { eventually } from "../support/eventually.ts";
import { Fleets } from "../support/fleets.ts";
import { interposed } from "../support/interposed.ts";
import { Latch } from "../support/latch.ts";
import { Ledger } from "../support/ledgers.ts";

const LASTING = { timing: { ...STEADY.timing, relayLeaseMs: 60_000 } };

test("closing finishes the hand-over that is under way, and settles it", async () => {
  await using fleets = new Fleets();
  const [begun, goOn] = [new Latch(), new Latch()];
  const sender = await fleets.open({ ...STEADY, outbox: true, durability: true, relay: false });
  const relay = await fleets.open({
    ...LASTING,
    outbox: true,
    durability: (plain) =>
      interposed(plain, {
        enqueueMany:
          (original) =>
          async (...given) => {
            begun.open();
            await goOn.opened;
            return await original(...given);
          },
      }),
  });
  await sender.fleet.register("ada", {});
  const { id } = await new Ledger(fleets.hub).send(sender.fleet, "hi");
  await begun.opened;
  const closing = relay.fleet.close();
  expect(relay.fleet.status().relay.state).toBe("stopped");
  goOn.open();
  await closing;
  expect(await sender.fleet.backlog()).toMatchObject({ deliveries: 0 });
  expect(await sender.fleet.report(id)).toMatchObject({ targetCount: 1, pendingCount: 1 });
  expect(relay.warnings).toEqual([]);
});

test("closing waits for no recipient: what is not acknowledged is left to the next relay at once", async () => {
  await using fleets = new Fleets();
  const finish = new Latch();
  let runs = 0;
  const onMessage = async (): Promise<void> => {
    runs += 1;
    await finish.opened;
  };
  const receiver = await fleets.open({ ...LASTING, outbox: true, relay: false });
  await receiver.fleet.register("ada", {}, { onMessage });
  const relay = await fleets.open({ ...LASTING, outbox: true });
  const { id } = await new Ledger(fleets.hub).send(receiver.fleet, "hi");
  await eventually("it runs", () => runs === 1);
  await relay.fleet.close({ timeoutMs: 60_000 });
  await fleets.open({ ...LASTING, outbox: true });
  finish.open();
  await eventually("it is delivered", async () => (await receiver.fleet.report(id)).deliveredCount === 1);
  expect(runs).toBe(1);
});

test("an outbox that answers no more keeps nobody from closing", async () => {
  await using fleets = new Fleets();
  const { fleet, warnings } = await fleets.open({
    outbox: (plain) => interposed(plain, { releaseShards: () => () => new Promise<never>(() => {}) }),
  });
  await fleet.register("ada", {});
  await fleet.close({ timeoutMs: 100 });
  expect(warnings.map(({ code }) => code)).toEqual(["TIMEOUT"]);
  const { fleet: next } = await fleets.open();
  expect(await next.count()).toBe(0);
});
