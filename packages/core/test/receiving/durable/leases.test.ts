import { expect, test } from "vitest";
import type { Message } from "../../../src/message.ts";
import type { DurabilityBackend } from "../../../src/slots/index.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleets } from "../../support/fleets.ts";
import { interposed } from "../../support/interposed.ts";
import { FAIR_LEASE, leaseIsOver, SHORT_LEASE, silent } from "../../support/leases.ts";
import { Latch } from "../../support/latch.ts";
import { Outbox } from "../../support/outbox.ts";

test("a message is leased for as long as its handler runs, and so are those that wait behind it", async () => {
  await using fleets = new Fleets();
  const extended: number[] = [];
  const durability = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(plain, {
      extendMany: (original) => async (receipts, leaseMs, call) => {
        extended.push(receipts.length);
        return await original(receipts, leaseMs, call);
      },
    });
  const { fleet } = await fleets.open({ durability, timing: FAIR_LEASE });
  await using outbox = await Outbox.open(fleets.hub);
  const gate = new Latch();
  const begun: string[] = [];
  const handle = await fleet.register("ada", {});
  for (const id of ["1", "2", "3"]) await outbox.enqueue(id, handle);
  await handle.attach(async ({ id, attempt }) => {
    begun.push(`${id} ${attempt}`);
    await gate.opened;
  });
  await eventually("they are extended past their first lease", () => extended.length >= 4);
  gate.open();
  await eventually("all are delivered", async () => (await outbox.statuses("3"))["ada"] === "delivered");
  expect(begun).toEqual(["1 1", "2 1", "3 1"]);
  expect(extended.slice(0, 4)).toEqual([3, 3, 3, 3]);
});

test("a handler that takes too long loses its message to the next try, and its late end counts for nothing", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, timing: { ...SHORT_LEASE, maxHandlerMs: 100 } });
  await using outbox = await Outbox.open(fleets.hub);
  const gate = new Latch();
  const messages: Message[] = [];
  const handle = await fleet.register(
    "ada",
    {},
    {
      async onMessage(message) {
        messages.push(message);
        if (messages.length === 1) await gate.opened;
      },
    },
  );
  const errors: unknown[] = [];
  handle.on("handlerError", ({ error }) => void errors.push(error));
  await outbox.enqueue("m", handle);
  await eventually("it is delivered", async () => (await outbox.statuses("m"))["ada"] === "delivered");
  expect(messages.map(({ attempt, signal }) => [attempt, signal.aborted])).toEqual([
    [1, true],
    [2, false],
  ]);
  expect(errors).toMatchObject([{ code: "TIMEOUT" }]);
  messages[0]?.reject("too late");
  gate.open();
  await outbox.enqueue("n", handle);
  await eventually("the mailbox goes on", async () => (await outbox.statuses("n"))["ada"] === "delivered");
  expect(await outbox.statuses("m")).toEqual({ ada: "delivered" });
});

test("what has too long a handler at its last try becomes a dead letter that says so", async () => {
  await using fleets = new Fleets();
  const timing = { ...SHORT_LEASE, maxHandlerMs: 100 };
  const { fleet } = await fleets.open({ durability: true, timing, limits: { maxAttempts: 1 } });
  await using outbox = await Outbox.open(fleets.hub);
  const handle = await fleet.register("ada", {}, { onMessage: () => new Promise<void>(() => {}) });
  await outbox.enqueue("m", handle);
  const [letter] = await eventually("it is dead", async () => {
    const letters = await outbox.deadLetters();
    return letters.length > 0 && letters;
  });
  expect(letter).toMatchObject({ code: "DEAD_LETTERED", reason: expect.stringContaining("100 ms") });
});

test("whose lease goes to another attachment is told so through its signal, and its outcome counts for nothing", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, timing: SHORT_LEASE });
  await using outbox = await Outbox.open(fleets.hub);
  const gate = new Latch();
  const messages: Message[] = [];
  const handle = await fleet.register(
    "ada",
    {},
    {
      async onMessage(message) {
        messages.push(message);
        await gate.opened;
        message.reject("nobody listens");
      },
    },
  );
  await outbox.enqueue("m", handle);
  await eventually("its handler runs", () => messages.length === 1);
  await outbox.tryInVain({ identity: "ada", epoch: handle.epoch + 1 }, 1);
  await eventually("the signal tells", () => messages[0]?.signal.aborted === true);
  expect(messages[0]?.signal.reason).toMatchObject({ code: "FENCED" });
  gate.open();
  await fleet.unregister("nobody"); // A turn or two, for the outcome to be told.
  expect(await outbox.statuses("m")).toEqual({ ada: "pending" });
});

test("no handler starts after the end of its message's lease, whatever kept it waiting", async () => {
  await using fleets = new Fleets();
  let isSilent = false;
  const { fleet } = await fleets.open({ durability: silent(() => isSilent), timing: SHORT_LEASE });
  await using outbox = await Outbox.open(fleets.hub);
  const gate = new Latch();
  const begun: string[] = [];
  const handle = await fleet.register("ada", {});
  for (const id of ["1", "2"]) await outbox.enqueue(id, handle);
  await handle.attach(async ({ id, attempt }) => {
    begun.push(`${id} ${attempt}`);
    if (attempt === 1) await gate.opened;
  });
  await eventually("the first runs", () => begun.length === 1);
  isSilent = true;
  await leaseIsOver();
  gate.open();
  await leaseIsOver();
  expect(begun).toEqual(["1 1"]);
  isSilent = false;
  await eventually("both are delivered", async () => (await outbox.statuses("2"))["ada"] === "delivered");
  expect(begun.slice(1).filter((entry) => !entry.startsWith("1"))).toEqual(["2 2"]);
});

test("no handler starts after the end of its message's lease, however busy this process has been", async () => {
  await using fleets = new Fleets();
  const timing = { ...SHORT_LEASE, sessionLeaseMs: 10_000, ttlMs: 60_000 };
  const { fleet } = await fleets.open({ durability: true, timing });
  await using outbox = await Outbox.open(fleets.hub);
  const begun: string[] = [];
  const handle = await fleet.register("ada", {});
  for (const id of ["1", "2"]) await outbox.enqueue(id, handle);
  await handle.attach(({ id, attempt }) => {
    begun.push(`${id} ${attempt}`);
    const until = performance.now() + 2 * SHORT_LEASE.handlerLeaseMs;
    while (id === "1" && performance.now() < until); // No timer of this process runs meanwhile.
  });
  await eventually("both are delivered", async () => (await outbox.statuses("2"))["ada"] === "delivered");
  expect(begun).toEqual(["1 1", "2 2"]);
});
