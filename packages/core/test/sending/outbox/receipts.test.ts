import { expect, test } from "vitest";
import type { MulticastReport, Receipt } from "../../../src/slots/index.ts";
import { STEADY } from "../../support/acknowledged-sender.ts";
import { all } from "../../support/all.ts";
import { rejected } from "../../support/codes.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleets } from "../../support/fleets.ts";
import { interposed } from "../../support/interposed.ts";
import { Ledger } from "../../support/ledgers.ts";
import { names } from "../../support/world.ts";

function sum({ deliveredCount, pendingCount, failedCount, timeoutCount }: MulticastReport): number {
  return deliveredCount + pendingCount + failedCount + timeoutCount;
}

test.each([
  ["a durability slot", true],
  ["messaging alone", false],
])(
  "at every moment everyone is counted once, over %s",
  async (_, durability) => {
    await using fleets = new Fleets();
    const { fleet } = await fleets.open({ durability, outbox: true, ...STEADY });
    const everyone = names(1_500);
    const handles = await Promise.all(
      everyone.map((name, n) =>
        fleet.register(
          name,
          {},
          {
            onMessage(message) {
              if (n % 10 === 0) message.reject("no");
            },
          },
        ),
      ),
    );
    const transaction = new Ledger(fleets.hub).begin();
    const { id } = await fleet.multicast(null, "hi", { transaction });
    for (const handle of handles.slice(0, 50)) await handle.unregister();
    await transaction.commit();

    const end = await eventually("all is settled", async () => {
      const report = await fleet.report(id);
      expect(report.targetCount).toBe(1_500);
      expect(sum(report)).toBe(1_500);
      expect(report.statuses.length).toBeLessThanOrEqual(1_000);
      const receipts = await all(fleet.deliveries(id));
      expect(receipts.map(({ identity }) => identity)).toEqual(everyone);
      return report.pendingCount === 0 && report;
    });
    expect(end).toMatchObject({ deliveredCount: 1_305, failedCount: 195 });
    expect(end.statuses).toHaveLength(195);
    const failed = await all(fleet.deliveries(id, { statuses: ["failed"] }));
    expect(failed).toHaveLength(195);
    expect(failed[0]).toMatchObject({ identity: everyone[0], code: "UNREGISTERED" });
    expect(failed.at(-1)).toEqual({ identity: everyone[1_490], status: "failed", code: "REJECTED", reason: "no" });
  },
  30_000,
);

test("who expired in the outbox although the durability slot had it is what that says", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({
    durability: true,
    ...STEADY,
    outbox: (plain) => interposed(plain, { settleMany: () => () => new Promise<never>(() => {}) }),
  });
  await fleet.register("ada", {}, { onMessage: () => {} });
  const { id } = await new Ledger(fleets.hub).send(fleet, "hi", { ttlMs: 1_500 });
  await eventually("it has expired in the outbox", async () => (await fleet.backlog()).deliveries === 0);
  expect(await fleet.report(id)).toMatchObject({ targetCount: 1, deliveredCount: 1, failedCount: 0 });
  expect(await all(fleet.deliveries(id))).toEqual([{ identity: "ada", status: "delivered" }]);
});

test("resending what waits hands over nothing, and shows how it stands", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, outbox: true, relay: false });
  await fleet.register("ada", {});
  const { id } = await new Ledger(fleets.hub).send(fleet, "hi");
  await fleet.register("bob", {});
  const shown: Receipt[] = [];
  const report = await fleet.resend(id, { onReceipts: (receipts) => void shown.push(...receipts) });
  expect(report).toMatchObject({ id, targetCount: 1, pendingCount: 1 });
  expect(shown).toEqual([{ identity: "ada", status: "pending" }]);
  expect(await fleet.backlog()).toMatchObject({ deliveries: 1 });
});

test("an ordinary durable multicast beside an outbox is read, and completed, as ever", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, outbox: true });
  await fleet.register("ada", {});
  const { id } = await fleet.multicast(null, "hi", { delivery: "at-least-once" });
  expect(await fleet.report(id)).toMatchObject({ targetCount: 1, pendingCount: 1 });
  await fleet.register("bob", {});
  expect(await fleet.resend(id, { timeoutMs: 100 })).toMatchObject({ targetCount: 2, pendingCount: 2 });
  expect(await all(fleet.deliveries(id))).toHaveLength(2);
});

test("nobody knows an unknown one, and what hides its deliveries is UNSUPPORTED", async () => {
  await using fleets = new Fleets();
  const [plain, untracked] = [
    await fleets.open({ outbox: true }),
    await fleets.open({
      outbox: true,
      durability: (slot) => interposed(slot, { tracking: () => undefined }),
    }),
  ];
  await rejected("NOT_FOUND", plain.fleet.report("none"));
  await rejected("NOT_FOUND", plain.fleet.deliveries("none").next());
  await rejected("NOT_FOUND", plain.fleet.resend("none"));
  await rejected("INVALID_ARGUMENT", plain.fleet.report(""));
  await rejected("UNSUPPORTED", untracked.fleet.report("none"));
});
