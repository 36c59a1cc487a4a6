import { expect, test } from "vitest";
import type { DurabilityBackend } from "../../../src/slots/index.ts";
import { rejected } from "../../support/codes.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleets } from "../../support/fleets.ts";
import { interposed } from "../../support/interposed.ts";
import { Worker } from "../../support/worker.ts";

const KEYED = { delivery: "at-least-once", idempotencyKey: "order-7" } as const;

test("a repetition under one key sends nothing, and reports what has become of the first", async () => {
  await using fleets = new Fleets();
  const [one, other] = await fleets.openTwo({ durability: true });
  const { epoch } = await one.fleet.register("ada", {});
  const first = await one.fleet.multicast(null, "hi", KEYED);
  await using worker = await Worker.open(fleets.hub);
  await worker.attach({ identity: "ada", epoch });
  expect(await worker.settle()).toEqual(["ada"]);
  await one.fleet.register("bob", {}); // Who comes later is no target of a multicast that was complete.
  const again = await other.fleet.multicast(null, "hi", KEYED);
  expect(again).toMatchObject({ id: first.id, targetCount: 1, deliveredCount: 1 });
});

test("a call elsewhere, while the first one waits for acknowledgements, waits for them too", async () => {
  await using fleets = new Fleets();
  const [one, other] = await fleets.openTwo({ durability: true });
  let finish = (): void => {};
  const started = new Promise<void>((resolve) => {
    const onMessage = (): Promise<void> => {
      resolve();
      return new Promise((done) => {
        finish = done;
      });
    };
    one.fleet.register("ada", {}, { onMessage }).catch(() => undefined);
  });
  await eventually("ada is there", async () => (await one.fleet.count()) === 1);
  const first = one.fleet.multicast(null, "hi", KEYED);
  await started;
  const second = other.fleet.multicast(null, "hi", KEYED);
  setImmediate(finish);
  expect((await second).deliveredCount).toBe(1);
  expect((await first).id).toBe((await second).id);
});

test("calls while the first one runs get its report", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  await fleet.register("ada", {});
  const reports = await Promise.all([1, 2, 3].map(() => fleet.multicast(null, "hi", KEYED)));
  expect(new Set(reports.map(({ id }) => id)).size).toBe(1);
  expect(reports[2]).toMatchObject({ targetCount: 1, pendingCount: 1 });
});

test.each([
  ["payload", ["other", null, {}]],
  ["filter", ["hi", { a: 1 }, {}]],
  ["content type", ["hi", null, { contentType: "text/html" }]],
] as const)(
  "another %s under the key is a conflict, while it runs and afterwards",
  async (_, [payload, filter, more]) => {
    await using fleets = new Fleets();
    const { fleet } = await fleets.open({ durability: true });
    await fleet.register("ada", {});
    const running = fleet.multicast(null, "hi", KEYED);
    await rejected("IDEMPOTENCY_CONFLICT", fleet.multicast(filter, payload, { ...KEYED, ...more }));
    await running;
    await rejected("IDEMPOTENCY_CONFLICT", fleet.multicast(filter, payload, { ...KEYED, ...more }));
  },
);

test("a sender that dies after its first page leaves a record that a resend completes without doubling", async () => {
  await using fleets = new Fleets();
  const mortal: { faults?: { stop(): void } } = {};
  const dying = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(plain, {
      traits: (traits) => ({ ...traits, maxBatch: 1 }),
      enqueueMany:
        (original) =>
        async (...args) => {
          const failures = await original(...args);
          mortal.faults?.stop();
          return failures;
        },
    });
  const sender = await fleets.open({ durability: dying });
  const rescuer = await fleets.open({ durability: true });
  const epochs = new Map<string, number>();
  for (const name of ["ada", "bob", "cleo"]) epochs.set(name, (await rescuer.fleet.register(name, {})).epoch);
  mortal.faults = sender.faults;
  sender.fleet.multicast(null, "hi", KEYED).catch(() => undefined); // Never settles: its process is dead.

  await using worker = await Worker.open(fleets.hub);
  await worker.attach(...Array.from(epochs, ([identity, epoch]) => ({ identity, epoch })));
  const early: string[] = [];
  await expect.poll(async () => early.push(...(await worker.settle()))).toBeGreaterThan(0);
  expect(early.length).toBeLessThan(3);

  const { id } = await rescuer.fleet.multicast(null, "hi", { ...KEYED, timeoutMs: 200 });
  const report = await rescuer.fleet.resend(id, { timeoutMs: 200 });
  expect(report).toMatchObject({ targetCount: 3, deliveredCount: early.length });
  const late = await worker.settle();
  expect([...early, ...late].toSorted()).toEqual(["ada", "bob", "cleo"]);
  expect(await rescuer.fleet.report(id)).toMatchObject({ targetCount: 3, deliveredCount: 3 });
});

test.each(["", "x".repeat(257), "a\nb", 7 as unknown as string])("%j is no key", async (idempotencyKey) => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  await rejected("INVALID_ARGUMENT", fleet.multicast(null, "hi", { ...KEYED, idempotencyKey }));
});
