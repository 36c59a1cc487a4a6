import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { isMusterError, type OutboxBackend, type ShardLease } from "../../src/slots/index.ts";
import { STEADY } from "../support/acknowledged-sender.ts";
import { eventually } from "../support/eventually.ts";
import { Fleets, lostReply } from "../support/fleets.ts";
import { interposed } from "../support/interposed.ts";
import { Ledger } from "../support/ledgers.ts";

const DURABLE = { durability: true, outbox: true, ...STEADY } as const;

test("one process records, another relays", async () => {
  await using fleets = new Fleets();
  const [sender, relay] = [await fleets.open({ ...DURABLE, relay: false }), await fleets.open(DURABLE)];
  const heard: string[] = [];
  await relay.fleet.register("ada", {}, { onMessage: (message) => void heard.push(message.text()) });
  const { id } = await new Ledger(fleets.hub).send(sender.fleet, "hi");
  await eventually("it is delivered", async () => (await sender.fleet.report(id)).deliveredCount === 1);
  expect(heard).toEqual(["hi"]);
  expect(sender.fleet.status().relay).toEqual({ state: "off", shards: 0 });
  expect(relay.fleet.status().relay.state).toBe("running");
});

test("two relays share the shards, and what one leaves by closing the other has at once", async () => {
  await using fleets = new Fleets();
  const one = await fleets.open(DURABLE);
  await eventually("the first has all", () => one.fleet.status().relay.shards === 16);
  // Its lease outlasts the test: without giving it back the other would never have them.
  const other = await fleets.open({ ...DURABLE, timing: { ...STEADY.timing, relayLeaseMs: 60_000 } });
  await eventually("each has half", () => [one, other].every(({ fleet }) => fleet.status().relay.shards === 8));
  await other.fleet.close();
  expect(other.fleet.status().relay).toEqual({ state: "stopped", shards: 0 });
  await eventually("the first has all again", () => one.fleet.status().relay.shards === 16);
});

test("a relay that dies between handing over and settling leaves nobody with two", async () => {
  await using fleets = new Fleets();
  const receiver = await fleets.open({ durability: true, ...STEADY });
  const heard: string[] = [];
  await receiver.fleet.register("ada", {}, { onMessage: (message) => void heard.push(message.text()) });
  let isDying = (): void => {};
  const died = new Promise<void>((resolve) => {
    isDying = resolve;
  });
  const victim = await fleets.open({
    ...DURABLE,
    outbox: (plain) =>
      interposed(plain, {
        settleMany: () => async () => {
          isDying();
          return await new Promise<never>(() => {});
        },
      }),
  });
  const { id } = await new Ledger(fleets.hub).send(victim.fleet, "hi");
  await died;
  victim.faults.stop();
  await eventually("it is delivered", async () => (await receiver.fleet.report(id)).deliveredCount === 1);

  const heir = await fleets.open(DURABLE);
  await eventually("the outbox is empty", async () => (await heir.fleet.backlog()).deliveries === 0);
  expect(await heir.fleet.report(id)).toMatchObject({ targetCount: 1, deliveredCount: 1 });
  expect(heard).toEqual(["hi"]);
});

test("whose lease was lost hands over nothing more there, and gets the shard back", async () => {
  await using fleets = new Fleets();
  let fenced = 0;
  let isStale = true;
  const stale = (lease: ShardLease): ShardLease => (isStale ? { ...lease, lease: "one that is over" } : lease);
  const counted = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (isMusterError(error, "FENCED")) fenced += 1;
      throw error;
    }
  };
  const { fleet, warnings } = await fleets.open({
    ...DURABLE,
    outbox: (plain) =>
      interposed(plain, {
        settleMany: (original: OutboxBackend["settleMany"]) => (lease, settlements, call) =>
          counted(original(stale(lease), settlements, call)),
      }),
  });
  const heard: string[] = [];
  await fleet.register("ada", {}, { onMessage: (message) => void heard.push(message.text()) });
  const { id } = await new Ledger(fleets.hub).send(fleet, "hi");
  await eventually("it was told", () => fenced > 0);
  isStale = false;
  await eventually("it is settled", async () => (await fleet.backlog()).deliveries === 0);
  await eventually("it is delivered", async () => (await fleet.report(id)).deliveredCount === 1);
  expect(heard).toEqual(["hi"]);
  expect(warnings).toEqual([]);
});

test("nothing is taken after a relay's own deadline, whatever the store still thinks", async () => {
  await using fleets = new Fleets();
  let isAway = false;
  let takes = 0;
  const { fleet } = await fleets.open({
    ...DURABLE,
    outbox: (plain) =>
      interposed(plain, {
        leaseShards: (original) => async (relay, _options, call) => {
          if (isAway) throw lostReply();
          return await original(relay, { leaseMs: 60_000 }, call);
        },
        take:
          (original) =>
          async (...given) => {
            takes += 1;
            return await original(...given);
          },
      }),
  });
  await eventually("it has them", () => fleet.status().relay.shards === 16);
  isAway = true;
  await eventually("they are over", () => fleet.status().relay.shards === 0);
  await fleet.register("ada", {});
  const before = takes;
  await new Ledger(fleets.hub).send(fleet, "hi");
  await turn(); // It has been rung for.
  expect(takes).toBe(before);
  isAway = false;
  await eventually("it is handed over", async () => (await fleet.backlog()).deliveries === 0);
});
