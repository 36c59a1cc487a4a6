import { expect, test } from "vitest";
import { thrown, rejected, spelled } from "../../support/codes.ts";
import { Fleets } from "../../support/fleets.ts";
import { interposed } from "../../support/interposed.ts";
import { Ledger } from "../../support/ledgers.ts";
import { readConfiguration } from "../../../src/configuration.ts";
import { memoryDurability, memoryMessaging, memoryOutbox, memoryRegistry } from "@muster/backend-memory";

test("without an outbox a transaction is UNSUPPORTED, and so is its backlog", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  const transaction = new Ledger(fleets.hub).begin();
  expect((await rejected("UNSUPPORTED", fleet.multicast(null, "hi", { transaction }))).detail.feature).toBe(
    "transaction",
  );
  await rejected("UNSUPPORTED", fleet.backlog());
});

test("at most once is nothing that commits; exactly once takes a durability slot with transactions", async () => {
  await using fleets = new Fleets();
  const [plain, durable] = [
    await fleets.open({ outbox: true }),
    await fleets.open({ outbox: true, durability: true, delivery: "exactly-once" }),
  ];
  const transaction = new Ledger(fleets.hub).begin();
  await rejected("UNSUPPORTED", plain.fleet.multicast(null, "hi", { transaction, delivery: "at-most-once" }));
  await rejected("UNSUPPORTED", plain.fleet.multicast(null, "hi", { transaction, delivery: "exactly-once" }));
  await durable.fleet.multicast(null, "hi", { transaction });
});

test("what no slot behind the outbox takes is refused before it is recorded", async () => {
  await using fleets = new Fleets();
  const [durable, plain] = [
    await fleets.open({
      outbox: true,
      durability: (slot) =>
        interposed(slot, { traits: (traits) => ({ ...traits, maxPayloadBytes: 10, maxTtlMs: 1_000 }) }),
    }),
    await fleets.open({ outbox: true }),
  ];
  await plain.fleet.register("ada", {});
  const transaction = new Ledger(fleets.hub).begin();
  const tooLong = durable.fleet.multicast(null, "more than ten bytes", { transaction });
  expect((await rejected("PAYLOAD_TOO_LARGE", tooLong)).detail).toEqual({ bytes: 19, maxBytes: 10 });
  await rejected("INVALID_ARGUMENT", durable.fleet.multicast(null, "hi", { transaction, ttlMs: 1_001 }));
  await rejected("INVALID_ARGUMENT", plain.fleet.multicast(null, "hi", { transaction, idempotencyKey: "" }));
  const { maxPayloadBytes } = memoryOutbox().traits;
  const full = plain.fleet.multicast(null, new Uint8Array(maxPayloadBytes), { transaction });
  const { maxBytes } = (await rejected("PAYLOAD_TOO_LARGE", full)).detail;
  expect(maxBytes).toBeLessThan(maxPayloadBytes); // A frame has its recipients beside the payload.
  await transaction.commit();
  expect(await plain.fleet.backlog()).toMatchObject({ deliveries: 0 });
});

test("a relay needs an outbox before it and a slot behind it", () => {
  const [namespace, registry] = ["test", memoryRegistry()];
  const violationsOf = (options: object): readonly string[] =>
    spelled(thrown("CONFIG_INVALID", () => readConfiguration({ namespace, registry, ...options })).detail.violations);
  expect(violationsOf({ relay: true })).toEqual(["relay needs an outbox to relay from"]);
  expect(violationsOf({ relay: "yes" })).toEqual(["relay must be true or false"]);
  expect(violationsOf({ outbox: memoryOutbox() })).toEqual([
    "relay needs a messaging or durability slot to hand over to; or write false",
  ]);
  expect(violationsOf({ outbox: memoryRegistry() })[0]).toMatch(/^outbox lacks record, /u);
  expect(readConfiguration({ namespace, registry, outbox: memoryOutbox(), relay: false }).hasRelay).toBe(false);
  for (const slot of [{ messaging: memoryMessaging() }, { durability: memoryDurability() }])
    expect(readConfiguration({ namespace, registry, outbox: memoryOutbox(), ...slot }).hasRelay).toBe(true);
});
