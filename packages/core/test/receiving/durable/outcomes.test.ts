import { expect, test } from "vitest";
import type { Message } from "../../../src/message.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleets } from "../../support/fleets.ts";
import { Outbox } from "../../support/outbox.ts";

test("a handler that returns has acknowledged, and is never handed the message again", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  const got: Message[] = [];
  const handle = await fleet.register("ada", {}, { onMessage: (message) => void got.push(message) });
  await outbox.enqueue("m", handle);
  await eventually("it is delivered", async () => (await outbox.statuses("m"))["ada"] === "delivered");
  await outbox.enqueue("n", handle);
  await eventually("so is the next", async () => (await outbox.statuses("n"))["ada"] === "delivered");
  expect(got.map(({ id }) => id)).toEqual(["m", "n"]);
  expect(got[0]).toMatchObject({
    identity: "ada",
    epoch: handle.epoch,
    attempt: 1,
    contentType: "text/plain",
    sentAt: 1,
  });
  expect(got[0]?.text()).toBe("m");
});

test("a handler that throws is handed the message again, with one attempt more, and its error is told", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  const attempts: number[] = [];
  const handle = await fleet.register(
    "ada",
    {},
    {
      onMessage({ attempt }) {
        attempts.push(attempt);
        if (attempt < 3) throw new Error("not yet");
      },
    },
  );
  const errors: unknown[] = [];
  handle.on("handlerError", ({ error }) => void errors.push(error));
  await outbox.enqueue("m", handle);
  await eventually("it is delivered", async () => (await outbox.statuses("m"))["ada"] === "delivered");
  expect(attempts).toEqual([1, 2, 3]);
  expect(errors.map(String)).toEqual(["Error: not yet", "Error: not yet"]);
});

test("a retry is looked for when it is due, and not at the next poll", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, timing: { pollIntervalMs: 1_000_000 } });
  await using outbox = await Outbox.open(fleets.hub);
  const { epoch } = await fleet.register("ada", {});
  await outbox.enqueue("m", { identity: "ada", epoch });
  const attempts: number[] = [];
  const handle = await fleet.register(
    "ada",
    {},
    {
      replace: true,
      onMessage({ attempt }) {
        attempts.push(attempt);
        if (attempt < 3) throw new Error("not yet");
      },
    },
  );
  await eventually("it is delivered", async () => (await outbox.statuses("m"))["ada"] === "delivered");
  expect([handle.epoch > epoch, attempts]).toEqual([true, [1, 2, 3]]);
});

test("what is rejected becomes a dead letter with its reason, at the first try", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  const handle = await fleet.register("ada", {}, { onMessage: (message) => message.reject("no thanks") });
  await outbox.enqueue("m", handle);
  await eventually("it is dead", async () => (await outbox.statuses("m"))["ada"] === "REJECTED");
  expect(await outbox.deadLetters()).toMatchObject([{ messageId: "m", reason: "no thanks", attempts: 1 }]);
});

test("what throws at its last try becomes a dead letter with the error as its reason", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, limits: { maxAttempts: 2 } });
  await using outbox = await Outbox.open(fleets.hub);
  const onMessage = (): void => {
    throw new Error("x".repeat(5_000));
  };
  const handle = await fleet.register("ada", {}, { onMessage });
  await outbox.enqueue("m", handle);
  await eventually("it is dead", async () => (await outbox.statuses("m"))["ada"] === "DEAD_LETTERED");
  const [letter] = await outbox.deadLetters();
  expect([letter?.attempts, letter?.reason.length]).toEqual([2, 1_000]);
});

test("what was tried too often elsewhere is buried without being tried once more", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, limits: { maxAttempts: 2 } });
  await using outbox = await Outbox.open(fleets.hub);
  const former = await fleet.register("ada", {});
  await outbox.enqueue("m", former);
  await outbox.tryInVain(former, 2);
  let tries = 0;
  await fleet.register("ada", {}, { replace: true, onMessage: () => void (tries += 1) });
  await eventually("it is dead", async () => (await outbox.statuses("m"))["ada"] === "DEAD_LETTERED");
  expect((await outbox.deadLetters()).map(({ reason }) => reason)).toEqual(["tried 2 times"]);
  expect(tries).toBe(0);
});

test("the sender hears of acknowledgements and of failures at once", async () => {
  await using fleets = new Fleets();
  const options = { durability: true, timing: { pollIntervalMs: 1_000_000, timeoutMs: 60_000 } };
  const [sender, receiver] = await fleets.openTwo(options);
  await receiver.fleet.register("ada", {}, { onMessage: () => {} });
  await receiver.fleet.register("bob", {}, { onMessage: (message) => message.reject("no thanks") });
  const report = await sender.fleet.multicast(null, "hi", { delivery: "at-least-once", timeoutMs: 60_000 });
  expect(report).toMatchObject({ targetCount: 2, deliveredCount: 1, failedCount: 1 });
  expect(report.statuses).toMatchObject([{ identity: "bob", code: "REJECTED", reason: "no thanks" }]);
});

test("whoever iterates acknowledges a message by asking for the next, and not by leaving", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  const handle = await fleet.register("ada", {});
  for (const id of ["a", "b", "c"]) await outbox.enqueue(id, handle);
  const got: string[] = [];
  for await (const { id } of handle.messages()) {
    got.push(id);
    if (id === "b") break;
  }
  await eventually("the first is delivered", async () => (await outbox.statuses("a"))["ada"] === "delivered");
  expect(await outbox.statuses("b")).toEqual({ ada: "pending" });
  const attempts = new Map<string, number>();
  await handle.attach(({ id, attempt }) => void attempts.set(id, attempt));
  await eventually("the others are delivered", async () => (await outbox.statuses("c"))["ada"] === "delivered");
  expect([got, [...attempts]]).toEqual([
    ["a", "b"],
    [
      ["b", 2],
      ["c", 1],
    ],
  ]);
});

test("a full inbox neither drops durable messages nor keeps them out", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  let release = (): void => {};
  const got: string[] = [];
  const onMessage = async (message: Message): Promise<void> => {
    got.push(message.text());
    if (got.length === 1)
      await new Promise<void>((resolve) => {
        release = resolve;
      });
  };
  const handle = await fleet.register("ada", {}, { onMessage, inbox: { capacity: 1, overflow: "drop-oldest" } });
  let dropped = 0;
  handle.on("overflow", (event) => void (dropped += event.dropped));
  await fleet.multicast(null, "first", { delivery: "at-most-once" });
  await eventually("the handler is busy", () => got.length === 1);
  for (const id of ["a", "b"]) await outbox.enqueue(id, handle);
  await eventually("a is in hand", async () => (await outbox.attempts("a")) > 0);
  for (const text of ["second", "third"]) await fleet.multicast(null, text, { delivery: "at-most-once" });
  await eventually("one was dropped", () => dropped === 1);
  release();
  await eventually("both are delivered", async () => (await outbox.statuses("b"))["ada"] === "delivered");
  expect(got.toSorted()).toEqual(["a", "b", "first", "third"]);
});
