import { expect, test } from "vitest";
import { all } from "./support/all.ts";
import { rejected } from "./support/codes.ts";
import { Fleets, type Process } from "./support/fleets.ts";
import { Worker } from "./support/worker.ts";

const KEPT = { delivery: "at-least-once" } as const;

/** Two recipients who have refused the message of the first multicast. */
async function refused(
  fleets: Fleets,
): Promise<{ readonly process: Process; readonly worker: Worker; readonly id: string }> {
  const process = await fleets.open({ durability: true });
  const worker = await Worker.open(fleets.hub);
  for (const identity of ["ada", "bob"]) {
    const { epoch } = await process.fleet.register(identity, {});
    await worker.attach({ identity, epoch });
  }
  const { id } = await process.fleet.multicast(null, "hi", { ...KEPT, timeoutMs: 100 });
  await worker.settle((_, receipt) => ({ receipt, as: "dead", code: "REJECTED", reason: "no" }));
  return { process, worker, id };
}

test("dead letters say whose they are, why they died, and what they held", async () => {
  await using fleets = new Fleets();
  const { process, worker, id } = await refused(fleets);
  await using _worker = worker;
  const letters = await all(process.fleet.deadLetters.list());
  expect(letters.map(({ identity }) => identity)).toEqual(["ada", "bob"]);
  expect(letters[0]).toMatchObject({
    id,
    code: "REJECTED",
    reason: "no",
    attempts: 1,
    contentType: "text/plain; charset=utf-8",
  });
  expect(Buffer.from(letters[0]?.payload ?? []).toString()).toBe("hi");
  expect(await all(process.fleet.deadLetters.list({ identity: "bob" }))).toHaveLength(1);
});

test("what is redriven is tried again under its old id, and counts as pending", async () => {
  await using fleets = new Fleets();
  const { process, worker, id } = await refused(fleets);
  await using _worker = worker;
  const { deadLetters } = process.fleet;
  expect(
    await deadLetters.redrive([
      { id, identity: "ada" },
      { id, identity: "nobody" },
    ]),
  ).toBe(1);
  expect(await process.fleet.report(id)).toMatchObject({ pendingCount: 1, failedCount: 1 });
  const [leased] = await worker.take();
  expect(leased).toMatchObject({ message: { id }, recipients: [{ identity: "ada", attempt: 1 }] });
});

test("what is purged is gone", async () => {
  await using fleets = new Fleets();
  const { process, worker, id } = await refused(fleets);
  await using _worker = worker;
  const { deadLetters } = process.fleet;
  expect(await deadLetters.purge(await all(deadLetters.list()))).toBe(2);
  expect(await all(deadLetters.list())).toEqual([]);
  expect(await deadLetters.purge([{ id, identity: "ada" }])).toBe(0);
});

test.each([[[{ id: "x" }]], ["x"], [[null]]])("%j are no keys", async (keys) => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  await rejected("INVALID_ARGUMENT", fleet.deadLetters.purge(keys as never));
  await rejected("INVALID_ARGUMENT", fleet.deadLetters.redrive(keys as never));
});

test("whoever serves what is redriven is told at once, not at the next poll", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, timing: { pollIntervalMs: 600_000 } });
  const got: number[] = [];
  let isWilling = false;
  await fleet.register(
    "ada",
    {},
    {
      onMessage: (message) => {
        got.push(message.attempt);
        if (!isWilling) message.reject("not now");
      },
    },
  );
  const { id } = await fleet.multicast(null, "hi", KEPT);
  isWilling = true;
  await fleet.deadLetters.redrive([{ id, identity: "ada" }]);
  await expect.poll(() => got).toEqual([1, 1]);
});
