import { expect, test } from "vitest";
import { multicast } from "../../src/multicast.ts";
import { CALL, names, openWorld, type Process, storeMany, stored, entry } from "../support/world.ts";
import { eventually } from "../support/eventually.ts";
import { interposed } from "../support/interposed.ts";

test("whoever is registered throughout, in one epoch, gets exactly one message, whatever comes and goes meanwhile", async () => {
  const world = await openWorld();
  const processes = [await world.process("s1"), await world.process("s2"), await world.process("s3")];
  const steady = names(10_000, "steady-");
  await Promise.all(steady.map((name, index) => at(processes, index).register(name, { index })));
  let isOver = false;
  const churn = (async (): Promise<number> => {
    let rounds = 0;
    for (; !isOver; rounds++) {
      const names = Array.from({ length: 20 }, (_, index) => `${index % 2 === 0 ? "a" : "zz"}-${rounds}-${index}`);
      const registrations = await Promise.all(names.map((name, index) => at(processes, index).register(name)));
      if (rounds % 2 === 0)
        await world.context.registry.deleteMany(
          registrations.map(({ identity, epoch }) => ({ identity, epoch })),
          CALL,
        );
      await new Promise(setImmediate);
    }
    return rounds;
  })();
  const reports = await Promise.all(Array.from({ length: 3 }, () => multicast(world.context, null, "x", {}, CALL)));
  isOver = true;
  expect(await churn).toBeGreaterThan(0);
  for (const report of reports) {
    const got = (): string[] =>
      processes.flatMap(({ received }) =>
        received.filter(({ id }) => id === report.id).map(({ identity }) => identity),
      );
    await eventually(
      "everyone steady has it",
      () => got().filter((name) => name.startsWith("steady-")).length >= steady.length,
    );
    const arrived = got();
    expect(new Set(arrived).size).toBe(arrived.length);
    expect(report.targetCount).toBe(report.deliveredCount + report.failedCount + report.timeoutCount);
    expect(report.deliveredCount).toBeGreaterThanOrEqual(arrived.length);
  }
});

test("a life that is replaced during a multicast gets it at most once over both epochs' receivers", async () => {
  const world = await openWorld();
  const [one, two] = [await world.process("s1"), await world.process("s2")];
  const all = names(3_000);
  for (const name of all) await one.register(name);
  const sending = multicast(world.context, null, "x", {}, CALL);
  await Promise.all(all.slice(1_000, 2_000).map((name) => two.register(name, {}, { mode: "replace" })));
  const report = await sending;
  await eventually("the others have it", () => one.received.length + two.received.length >= 2_000);
  const arrived = [...one.received, ...two.received].map(({ identity }) => identity);
  expect(new Set(arrived).size).toBe(arrived.length);
  expect(report.targetCount).toBe(3_000);
});

test("frames are few: a thousand recipients of one process share one", async () => {
  let messages = 0;
  const world = await openWorld({
    messaging: (plain) =>
      interposed(plain, {
        columns: () => undefined,
        publishMany: (original) => (batch, call) => {
          messages += batch.length;
          return original(batch, call);
        },
      }),
  });
  const processes = [await world.process("s1"), await world.process("s2")];
  await Promise.all(names(10_000).map((name, index) => at(processes, index).register(name)));
  await multicast(world.context, null, "x", {}, CALL);
  expect(messages).toBe(10);
});

test("a hundred thousand targets starve nobody else of the event loop, and leave no memory behind", async () => {
  const world = await openWorld();
  const process = await world.process("s1");
  await storeMany(world.context.registry, names(100_000), {
    session: "s1",
    address: process.node.address,
    ttlMs: 60_000,
  });
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const report = await multicast(world.context, null, "x", {}, CALL);
  isOver = true;
  expect(report.deliveredCount).toBe(100_000);
  expect(turns).toBeGreaterThan(2);
});

test("sessions are never targets", async () => {
  const world = await openWorld();
  await world.process("s1");
  await stored(world.context.registry, entry("ada"));
  expect((await multicast(world.context, null, "x", {}, CALL)).targetCount).toBe(1);
});

function at(processes: readonly Process[], index: number): Process {
  const process = processes[index % processes.length];
  if (process === undefined) throw new Error("no process");
  return process;
}
