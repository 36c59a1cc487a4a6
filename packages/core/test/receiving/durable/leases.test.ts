import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Message } from "../../../src/message.ts";
import { type DurabilityBackend, type Leased, MusterError } from "../../../src/slots/index.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleets, type Process } from "../../support/fleets.ts";
import { interposed } from "../../support/interposed.ts";
import { Outbox } from "../../support/outbox.ts";

const SHORT_LEASE = { handlerLeaseMs: 150, pollIntervalMs: 50 };
/** Long enough for a process that has little time to extend it. */
const FAIR_LEASE = { handlerLeaseMs: 750, pollIntervalMs: 50 };
const AWAY = new MusterError({ code: "UNAVAILABLE", source: "test", message: "away" });

/** Whatever was leased before this is not any more, unless it was extended. */
async function leaseIsOver(): Promise<void> {
  await delay(1.5 * SHORT_LEASE.handlerLeaseMs);
}

/** Lets a handler go on when it is told to. */
class Gate {
  readonly opened: Promise<void>;
  open = (): void => {};

  constructor() {
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }
}

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
  const gate = new Gate();
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
  const gate = new Gate();
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
  const gate = new Gate();
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

/** Its queues answer nothing any more, from when it is told so until it is told otherwise; the registry answers. */
function silent(isSilent: () => boolean): (plain: DurabilityBackend) => DurabilityBackend {
  const away = async (): Promise<never> => {
    throw AWAY;
  };
  return (plain) =>
    interposed(plain, {
      extendMany: (original) => (receipts, leaseMs, call) => (isSilent() ? away() : original(receipts, leaseMs, call)),
      settleMany: (original) => (settlements, call) => (isSilent() ? away() : original(settlements, call)),
      dequeue: (original) => (session, options, call) => (isSilent() ? away() : original(session, options, call)),
    });
}

test("no handler starts after the end of its message's lease, whatever kept it waiting", async () => {
  await using fleets = new Fleets();
  let isSilent = false;
  const { fleet } = await fleets.open({ durability: silent(() => isSilent), timing: SHORT_LEASE });
  await using outbox = await Outbox.open(fleets.hub);
  const gate = new Gate();
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

test("what was handled, but could not be acknowledged in time, is acknowledged when it comes again, and not handled", async () => {
  await using fleets = new Fleets();
  let hasComeAgain = false;
  const durability = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(plain, {
      settleMany: (original) => async (settlements, call) => {
        if (!hasComeAgain) throw AWAY;
        return await original(settlements, call);
      },
      dequeue: (original) => async (session, options, call) => {
        const leased = await original(session, options, call);
        hasComeAgain ||= leased.some(({ recipients }) => recipients.some(({ attempt }) => attempt > 1));
        return leased;
      },
    });
  const { fleet } = await fleets.open({ durability, timing: SHORT_LEASE });
  await using outbox = await Outbox.open(fleets.hub);
  let handled = 0;
  const handle = await fleet.register("ada", {}, { onMessage: () => void (handled += 1) });
  await outbox.enqueue("m", handle);
  await eventually("it is delivered", async () => (await outbox.statuses("m"))["ada"] === "delivered");
  expect([hasComeAgain, handled]).toEqual([true, 1]);
});

test("what comes again while it still runs shares the outcome of what runs", async () => {
  await using fleets = new Fleets();
  let isSilent = false;
  const { fleet } = await fleets.open({ durability: silent(() => isSilent), timing: SHORT_LEASE });
  await using outbox = await Outbox.open(fleets.hub);
  const gate = new Gate();
  let handled = 0;
  const handle = await fleet.register(
    "ada",
    {},
    {
      async onMessage() {
        handled += 1;
        await gate.opened;
      },
    },
  );
  await outbox.enqueue("m", handle);
  await eventually("it runs", () => handled === 1);
  isSilent = true;
  await leaseIsOver();
  isSilent = false;
  await eventually("it has come again", async () => (await outbox.attempts("m")) === 2);
  gate.open();
  await eventually("it is delivered", async () => (await outbox.statuses("m"))["ada"] === "delivered");
  expect(handled).toBe(1);
});

/** A store that tells nobody apart: whatever it has handed out comes once more, under a receipt of its own. */
function repeating(plain: DurabilityBackend): DurabilityBackend {
  const again: Leased[] = [];
  return interposed(plain, {
    traits: (traits) => ({ ...traits, dedupWindowMs: 0 }),
    dequeue: (original) => async (session, options, call) => {
      const leased = await original(session, options, call);
      if (leased.length === 0) return again.splice(0);
      const renamed = ({ recipients, ...rest }: Leased): Leased => ({
        ...rest,
        recipients: recipients.map((recipient) => ({ ...recipient, receipt: `${recipient.receipt} again` })),
      });
      again.push(...leased.map(renamed));
      return leased;
    },
  });
}

test("where the store doesn't tell repetitions apart, this process does", async () => {
  await using fleets = new Fleets();
  const settled: string[] = [];
  const durability = (plain: DurabilityBackend): DurabilityBackend =>
    interposed(repeating(plain), {
      settleMany: (original) => async (settlements, call) => {
        settled.push(...settlements.map(({ as }) => as));
        return await original(settlements, call);
      },
    });
  const { fleet } = await fleets.open({ durability, timing: { pollIntervalMs: 20 } });
  await using outbox = await Outbox.open(fleets.hub);
  const handled: string[] = [];
  const handle = await fleet.register("ada", {}, { onMessage: ({ id }) => void handled.push(id) });
  for (const id of ["1", "2"]) await outbox.enqueue(id, handle);
  await eventually("all has come twice", () => settled.length === 4);
  expect([handled, new Set(settled)]).toEqual([["1", "2"], new Set(["ack"])]);
});

test("what one life's handler is at work on is not begun by the next one's in the same process", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, timing: { pollIntervalMs: 20 } });
  await using outbox = await Outbox.open(fleets.hub);
  const gate = new Gate();
  const [first, second]: [string[], string[]] = [[], []];
  const handle = await fleet.register("ada", {});
  for (const id of ["1", "2"]) await outbox.enqueue(id, handle);
  await handle.attach(async ({ id }) => {
    first.push(id);
    await gate.opened;
  });
  await eventually("the first life is at work", () => first.length === 1);
  await fleet.register("ada", {}, { replace: true, onMessage: ({ id }) => void second.push(id) });
  await eventually("it has come to the second", async () => (await outbox.attempts("1")) === 2);
  gate.open();
  await eventually("all are delivered", async () => (await outbox.statuses("2"))["ada"] === "delivered");
  expect([first, second, await outbox.statuses("1")]).toEqual([["1"], ["2"], { ada: "delivered" }]);
});

/** Registers an identity that takes whatever comes. */
async function collecting({ fleet }: Process, got: string[]): Promise<void> {
  await fleet.register("ada", {}, { replace: true, onMessage: ({ id, attempt }) => void got.push(`${id} ${attempt}`) });
}

test("what a process holds when it dies is handed to the identity's next process at once, before any lease ends", async () => {
  await using fleets = new Fleets();
  const timing = { handlerLeaseMs: 1_000_000, pollIntervalMs: 1_000_000 };
  const [victim, heir] = await fleets.openTwo({ durability: true, timing });
  await using outbox = await Outbox.open(fleets.hub);
  let hasBegun = false;
  const onMessage = (): Promise<void> => {
    hasBegun = true;
    return new Promise(() => {});
  };
  const handle = await victim.fleet.register("ada", {});
  for (const id of ["1", "2", "3"]) await outbox.enqueue(id, handle);
  await handle.attach(onMessage);
  await eventually("it is in the middle of the first", () => hasBegun);
  victim.faults.stop();
  const got: string[] = [];
  await collecting(heir, got);
  await eventually("all are delivered", async () => (await outbox.statuses("3"))["ada"] === "delivered");
  expect(got.map((entry) => entry.split(" ")[0])).toEqual(["1", "2", "3"]);
});

test("a process that was frozen past its session's lease hands nothing more over, and what it had goes to its successor", async () => {
  await using fleets = new Fleets();
  const [victim, heir] = await fleets.openTwo({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  const gate = new Gate();
  const [before, after]: [string[], string[]] = [[], []];
  const handle = await victim.fleet.register("ada", {}, { onLost: "stop" });
  for (const id of ["1", "2"]) await outbox.enqueue(id, handle);
  await handle.attach(async ({ id }) => {
    before.push(id);
    await gate.opened;
  });
  await eventually("it is in the middle of the first", () => before.length === 1);
  victim.faults.freeze();
  await eventually("others see it offline", async () => (await heir.fleet.get("ada"))?.attached === false);
  await collecting(heir, after);
  gate.open();
  await eventually("all are delivered", async () => (await outbox.statuses("2"))["ada"] === "delivered");
  victim.faults.thaw();
  await eventually("it knows of its loss", () => victim.fleet.status().serving === 0);
  expect([before, after.map((entry) => entry.split(" ")[0])]).toEqual([["1"], ["1", "2"]]);
});
