import { expect, test } from "vitest";
import { MusterError } from "../../../src/slots/index.ts";
import { openSender, STEADY } from "../../support/acknowledged-sender.ts";
import { Fleets } from "../../support/fleets.ts";
import { interposed } from "../../support/interposed.ts";
import { outdated } from "../../support/outdated.ts";
import { Latch } from "../../support/latch.ts";

test("who has been unregistered since it was resolved has failed, without waiting for the deadline", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open(STEADY);
  const handle = await fleet.register("ada", {}, { onMessage: () => {} });
  await using sender = await openSender(fleets.hub, {
    registry: outdated(async () => {
      await handle.unregister();
    }),
  });
  const { report } = await sender.multicast({ timeoutMs: 60_000 });
  expect(report.statuses).toMatchObject([{ identity: "ada", status: "failed", code: "UNREGISTERED" }]);
});

test("a target that nobody is attached to is looked for until the deadline, and then has no route", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open(STEADY);
  await fleet.register("ada", {}, { onMessage: () => {} });
  await fleet.register("bob", {});
  let asked = 0;
  await using sender = await openSender(fleets.hub, {
    registry: (plain) =>
      interposed(plain, {
        getMany: (original) => (identities, call) => {
          if (identities.includes("bob")) asked += 1;
          return original(identities, call);
        },
      }),
  });
  const { report } = await sender.multicast({ timeoutMs: 250 });
  expect(report).toMatchObject({ targetCount: 2, deliveredCount: 1, failedCount: 1 });
  expect(report.statuses).toMatchObject([{ identity: "bob", status: "failed", code: "NO_ROUTE" }]);
  expect(asked).toBeGreaterThan(1);
});

test("a target that somebody attaches to in time is delivered", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open(STEADY);
  const handle = await fleet.register("bob", {});
  const asked = new Latch();
  await using sender = await openSender(fleets.hub, {
    registry: (plain) =>
      interposed(plain, {
        getMany: (original) => async (identities, call) => {
          const found = await original(identities, call);
          if (identities.includes("bob")) asked.open();
          return found;
        },
      }),
  });
  const sending = sender.multicast();
  await asked.opened;
  const attempts: number[] = [];
  await handle.attach(({ attempt }) => void attempts.push(attempt));
  expect((await sending).report).toMatchObject({ targetCount: 1, deliveredCount: 1 });
  expect(attempts).toEqual([1]);
});

test("what the broker refuses for now is sent again, and what it refuses for good has failed", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open(STEADY);
  for (const name of ["ada", "bob"]) await fleet.register(name, {}, { onMessage: () => {}, address: name });
  let published = 0;
  await using sender = await openSender(fleets.hub, {
    messaging: (plain) =>
      interposed(plain, {
        publishMany: (original) => async (batch, call) => {
          published += 1;
          const code = published === 1 ? "RATE_LIMITED" : "PERMISSION_DENIED";
          const error = new MusterError({ code, source: "test", message: "no" });
          const index = batch.findIndex(({ address }) => address === "bob");
          if (published > 2 || index < 0) return await original(batch, call);
          await original(batch.toSpliced(index, 1), call);
          return [{ index, error }];
        },
      }),
  });
  const { report } = await sender.multicast();
  expect(report).toMatchObject({ targetCount: 2, deliveredCount: 1, failedCount: 1 });
  expect(report.statuses).toMatchObject([{ identity: "bob", status: "failed", code: "PERMISSION_DENIED" }]);
  expect(published).toBe(2);
});
