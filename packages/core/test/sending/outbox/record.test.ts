import { expect, test } from "vitest";
import type { Receipt, RegistryBackend } from "../../../src/slots/index.ts";
import { MusterError } from "../../../src/slots/index.ts";
import { STEADY } from "../../support/acknowledged-sender.ts";
import { rejected } from "../../support/codes.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleets } from "../../support/fleets.ts";
import { interposed } from "../../support/interposed.ts";
import { Ledger } from "../../support/ledgers.ts";

const RECORDING = { outbox: true, relay: false, ...STEADY } as const;

/** Reads one page, and then no more. */
function breaking(plain: RegistryBackend): RegistryBackend {
  return interposed(plain, {
    scanRoutes: (original) =>
      async function* broken(query, call) {
        for await (const page of original({ ...query, pageSize: 1 }, call)) {
          yield page;
          throw new MusterError({ code: "PERMISSION_DENIED", source: "test.fault", message: "no more of that" });
        }
      },
  });
}

test("a rollback takes it back: nobody is sent anything, and nobody has heard of it", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, outbox: true, ...STEADY });
  const heard: string[] = [];
  await fleet.register("ada", {}, { onMessage: (message) => void heard.push(message.text()) });
  const ledger = new Ledger(fleets.hub);
  const transaction = ledger.begin();
  const { id } = await fleet.multicast(null, "never", { transaction });
  await transaction.rollback();
  await rejected("NOT_FOUND", fleet.report(id));

  await ledger.send(fleet, "later");
  await eventually("what came later is there", () => heard.length > 0);
  expect(heard).toEqual(["later"]);
});

test("when the registry fails in the middle nothing of it stands, and the transaction goes on", async () => {
  await using fleets = new Fleets();
  const [whole, broken] = [await fleets.open(RECORDING), await fleets.open({ ...RECORDING, registry: breaking })];
  await whole.fleet.register("ada", {});
  await whole.fleet.register("bob", {});
  const transaction = new Ledger(fleets.hub).begin();
  await rejected("PERMISSION_DENIED", broken.fleet.multicast(null, "half", { transaction }));
  const { id } = await whole.fleet.multicast(null, "whole", { transaction });
  await transaction.commit();
  expect(await whole.fleet.backlog()).toMatchObject({ deliveries: 2 });
  expect(await whole.fleet.report(id)).toMatchObject({ targetCount: 2, pendingCount: 2 });
});

test("everyone is shown as pending; whoever throws then has recorded nothing", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open(RECORDING);
  await fleet.register("ada", {});
  const transaction = new Ledger(fleets.hub).begin();
  const shown: Receipt[] = [];
  await fleet.multicast(null, "hi", { transaction, onReceipts: (receipts) => void shown.push(...receipts) });
  expect(shown).toEqual([{ identity: "ada", status: "pending" }]);

  const mine = new Error("not today");
  const refusal = await rejected(
    "ABORTED",
    fleet.multicast(null, "hi", {
      transaction,
      onReceipts() {
        throw mine;
      },
    }),
  );
  expect(refusal.mayHaveApplied).toBe(false);
  expect(refusal.cause).toMatchObject({ code: "ABORTED", cause: mine });
  await transaction.commit();
  expect(await fleet.backlog()).toMatchObject({ deliveries: 1 });
});

test("a caller who gives up has recorded nothing", async () => {
  await using fleets = new Fleets();
  const controller = new AbortController();
  const { fleet } = await fleets.open({
    ...RECORDING,
    registry: (plain) =>
      interposed(plain, {
        scanRoutes: (original) =>
          async function* leaving(query, call) {
            controller.abort();
            yield* original(query, call);
          },
      }),
  });
  await fleet.register("ada", {});
  const transaction = new Ledger(fleets.hub).begin();
  await rejected("ABORTED", fleet.multicast(null, "hi", { transaction, signal: controller.signal }));
  await transaction.commit();
  expect(await fleet.backlog()).toMatchObject({ deliveries: 0 });
});

test("a transaction that has ended takes no multicast", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open(RECORDING);
  const transaction = new Ledger(fleets.hub).begin();
  await transaction.commit();
  await rejected("INVALID_ARGUMENT", fleet.multicast(null, "late", { transaction }));
});

test("a multicast for nobody is a report of zeros, also later", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, outbox: true, ...STEADY });
  const { id, targetCount } = await new Ledger(fleets.hub).send(fleet, "anybody?");
  expect(targetCount).toBe(0);
  expect(await fleet.report(id)).toMatchObject({ targetCount: 0, statuses: [] });
});

test("under one key it is recorded once, whoever repeats it, and other content is refused", async () => {
  await using fleets = new Fleets();
  const [one, other] = await fleets.openTwo(RECORDING);
  await one.fleet.register("ada", {});
  const ledger = new Ledger(fleets.hub);
  const key = { idempotencyKey: "order 7" };

  const transaction = ledger.begin();
  const first = await one.fleet.multicast(null, "hi", { ...key, transaction });
  const again = await one.fleet.multicast(null, "hi", { ...key, transaction });
  expect(again).toMatchObject({ id: first.id, targetCount: 1, pendingCount: 1 });
  await transaction.commit();

  const later = await ledger.send(other.fleet, "hi", key);
  expect(later).toEqual({ ...first, statuses: [{ identity: "ada", status: "pending" }] });
  await rejected("IDEMPOTENCY_CONFLICT", ledger.send(other.fleet, "something else", key));
  expect(await one.fleet.backlog()).toMatchObject({ deliveries: 1 });
});

test("a repetition waits for the first to commit, and is a new one if that was rolled back", async () => {
  await using fleets = new Fleets();
  const [one, other] = await fleets.openTwo(RECORDING);
  await one.fleet.register("ada", {});
  const ledger = new Ledger(fleets.hub);
  const key = { idempotencyKey: "order 7" };
  const transaction = ledger.begin();
  const first = await one.fleet.multicast(null, "hi", { ...key, transaction });
  const second = ledger.send(other.fleet, "hi", key);
  await transaction.rollback();
  expect((await second).id).not.toBe(first.id);
  expect(await one.fleet.backlog()).toMatchObject({ deliveries: 1 });
});
