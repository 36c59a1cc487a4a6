import type { MemoryTransaction } from "@muster/backend-memory";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import type { MessageHandler } from "../../../src/fleet.ts";
import type { Message } from "../../../src/message.ts";
import { type DurabilityBackend, MusterError, type TransactionFacet } from "../../../src/slots/index.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleets } from "../../support/fleets.ts";
import { Outbox } from "../../support/outbox.ts";

const ONCE = { guarantee: "exactly-once" } as const;
const SHORT_LEASE = { handlerLeaseMs: 150, pollIntervalMs: 50 };

/** A handler that notes what it does as the memory slot's transactions do: when they commit. */
class Ledger {
  readonly committed: string[] = [];
  readonly tried: string[] = [];
  readonly onMessage: MessageHandler;

  constructor(work: (message: Message) => void | Promise<void> = () => {}) {
    this.onMessage = async (message, context) => {
      const transaction: unknown = context.transaction; // These fleets don't say what their slot gives.
      this.tried.push(`${message.id} ${message.attempt}`);
      (transaction as MemoryTransaction).onCommit(() => this.committed.push(`${message.identity} ${message.id}`));
      await work(message);
    };
  }
}

/** A store whose transactions are wrapped. */
function transacting(
  wrap: (plain: TransactionFacet) => TransactionFacet,
): (plain: DurabilityBackend) => DurabilityBackend {
  return (plain) => {
    const facet = plain.transactions;
    if (facet === undefined) throw new Error("the memory slot has transactions");
    const wrapped = wrap(facet);
    return new Proxy(plain, {
      get(owner, name): unknown {
        if (name === "transactions") return wrapped;
        const member: unknown = Reflect.get(owner, name, owner);
        return typeof member === "function" ? member.bind(owner) : member;
      },
    });
  };
}

/** A store of which nothing is known before it is open. */
function facetless(plain: DurabilityBackend): DurabilityBackend {
  let isOpen = false;
  return new Proxy(plain, {
    get(owner, name): unknown {
      if (name === "transactions" && !isOpen) return undefined;
      const member: unknown = Reflect.get(owner, name, owner);
      if (typeof member !== "function") return member;
      if (name !== "open") return member.bind(owner);
      return async (...args: Parameters<DurabilityBackend["open"]>) => {
        await plain.open(...args);
        isOpen = true;
      };
    },
  });
}

test("what a handler writes through its transaction stands once it is acknowledged, and its sender is told", async () => {
  await using fleets = new Fleets();
  const timing = { pollIntervalMs: 1_000_000 };
  const [one, sender] = await fleets.openTwo({ durability: true, timing });
  const ledger = new Ledger();
  await one.fleet.register("ada", {}, { onMessage: ledger.onMessage });
  const report = await sender.fleet.multicast(null, "hi", { delivery: "exactly-once", idempotencyKey: "k" });
  expect(report).toMatchObject({ deliveredCount: 1 });
  expect(ledger.committed).toEqual([`ada ${report.id}`]);
});

test("a slot may have its transactions only once it is open", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: facetless });
  const ledger = new Ledger();
  await fleet.register("ada", {}, { onMessage: ledger.onMessage });
  const report = await fleet.multicast(null, "hi", { delivery: "exactly-once" });
  expect([report.deliveredCount, ledger.committed]).toEqual([1, [`ada ${report.id}`]]);
});

test("other messages have no transaction", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  const seen: unknown[] = [];
  await fleet.register("ada", {}, { onMessage: (_, { transaction }) => void seen.push(transaction) });
  await fleet.multicast(null, "hi", { delivery: "at-least-once" });
  await fleet.multicast(null, "hi", { delivery: "at-most-once" });
  await eventually("both are handled", () => seen.length === 2);
  expect(seen).toEqual([undefined, undefined]);
});

test("nothing stands of a handler that throws, and of the next try everything", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  const ledger = new Ledger(({ attempt }) => {
    if (attempt === 1) throw new Error("not yet");
  });
  const handle = await fleet.register("ada", {}, { onMessage: ledger.onMessage });
  const errors: string[] = [];
  handle.on("handlerError", ({ error }) => void errors.push(String(error)));
  await outbox.enqueue("m", handle, ONCE);
  await eventually("it is delivered", async () => (await outbox.statuses("m"))["ada"] === "delivered");
  expect([ledger.tried, ledger.committed, errors]).toEqual([["m 1", "m 2"], ["ada m"], ["Error: not yet"]]);
});

test("nothing stands of a handler that rejects for good", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  const ledger = new Ledger((message) => message.reject("no thanks"));
  const handle = await fleet.register("ada", {}, { onMessage: ledger.onMessage });
  await outbox.enqueue("m", handle, ONCE);
  await eventually("it is dead", async () => (await outbox.statuses("m"))["ada"] === "REJECTED");
  expect(ledger.committed).toEqual([]);
});

test("what is rejected and then tried again as a dead letter keeps its id, and is handled once", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  let isWilling = false;
  const ledger = new Ledger((message) => {
    if (!isWilling) message.reject("not now");
  });
  const handle = await fleet.register("ada", {}, { onMessage: ledger.onMessage });
  await outbox.enqueue("m", handle, ONCE);
  await eventually("it is dead", async () => (await outbox.deadLetters()).length === 1);
  isWilling = true;
  await fleet.deadLetters.redrive([{ id: "m", identity: "ada" }]);
  await eventually("it is delivered", async () => (await outbox.statuses("m"))["ada"] === "delivered");
  expect([ledger.tried, ledger.committed]).toEqual([["m 1", "m 1"], ["ada m"]]);
});

test("a commit whose answer was lost is not repeated when the message comes again", async () => {
  await using fleets = new Fleets();
  let answers = 0;
  const durability = transacting((plain) => ({
    async handleOnce(...given) {
      const outcome = await plain.handleOnce(...given);
      answers += 1;
      if (answers > 1) return outcome;
      throw new MusterError({
        code: "UNAVAILABLE",
        source: "test",
        message: "the reply was lost",
        mayHaveApplied: true,
      });
    },
  }));
  const { fleet, warnings } = await fleets.open({ durability });
  await using outbox = await Outbox.open(fleets.hub);
  const ledger = new Ledger();
  const handle = await fleet.register("ada", {}, { onMessage: ledger.onMessage });
  const errors: unknown[] = [];
  handle.on("handlerError", ({ error }) => void errors.push(error));
  for (const id of ["m", "n"]) await outbox.enqueue(id, handle, ONCE);
  await eventually("both are delivered", async () => (await outbox.statuses("n"))["ada"] === "delivered");
  expect(await outbox.statuses("m")).toEqual({ ada: "delivered" });
  expect([ledger.committed, errors, warnings.length]).toEqual([["ada m", "ada n"], [], 1]);
});

test("what the store knows to have been handled is delivered without being handled again", async () => {
  await using fleets = new Fleets();
  const durability = transacting((plain) => ({
    async handleOnce(handling, _work, call) {
      await plain.handleOnce(handling, async () => {}, call);
      return "duplicate";
    },
  }));
  const { fleet } = await fleets.open({ durability });
  const ledger = new Ledger();
  await fleet.register("ada", {}, { onMessage: ledger.onMessage });
  const report = await fleet.multicast(null, "hi", { delivery: "exactly-once", idempotencyKey: "k" });
  expect([report.deliveredCount, ledger.tried]).toEqual([1, []]);
});

test("a handler slower than its lease keeps it, and handles once", async () => {
  await using fleets = new Fleets();
  const timing = { handlerLeaseMs: 750 };
  const { fleet } = await fleets.open({ durability: true, timing });
  await using outbox = await Outbox.open(fleets.hub);
  const ledger = new Ledger(async () => {
    await delay(2 * timing.handlerLeaseMs); // How long it takes is the point.
  });
  const handle = await fleet.register("ada", {}, { onMessage: ledger.onMessage });
  await outbox.enqueue("m", handle, ONCE);
  await eventually("it is delivered", async () => (await outbox.statuses("m"))["ada"] === "delivered");
  expect([ledger.tried, ledger.committed]).toEqual([["m 1"], ["ada m"]]);
});

test("a handler that takes too long is tried again, and what it wrote never stands", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open({ durability: true, timing: { ...SHORT_LEASE, maxHandlerMs: 100 } });
  await using outbox = await Outbox.open(fleets.hub);
  let end = (): void => {};
  const stuck = new Promise<void>((resolve) => {
    end = resolve;
  });
  const ledger = new Ledger(({ attempt }) => (attempt === 1 ? stuck : undefined));
  const handle = await fleet.register("ada", {}, { onMessage: ledger.onMessage });
  await outbox.enqueue("m", handle, ONCE);
  await eventually("it is delivered", async () => (await outbox.statuses("m"))["ada"] === "delivered");
  end();
  await outbox.enqueue("n", handle, ONCE);
  await eventually("the next too", async () => (await outbox.statuses("n"))["ada"] === "delivered");
  expect(ledger.committed).toEqual(["ada m", "ada n"]);
});

test("nothing stands of a handler whose lease went to another process while it ran", async () => {
  await using fleets = new Fleets();
  const [one, other] = await fleets.openTwo({ durability: true });
  await using outbox = await Outbox.open(fleets.hub);
  let end = (): void => {};
  const running = new Promise<void>((resolve) => {
    end = resolve;
  });
  const [first, second] = [new Ledger(() => running), new Ledger()];
  const handle = await one.fleet.register("ada", {}, { onMessage: first.onMessage });
  const errors: unknown[] = [];
  handle.on("handlerError", ({ error }) => void errors.push(error));
  await outbox.enqueue("m", handle, ONCE);
  await eventually("it runs", () => first.tried.length === 1);
  await other.fleet.register("ada", {}, { replace: true, onMessage: second.onMessage });
  await eventually("it is delivered", async () => (await outbox.statuses("m"))["ada"] === "delivered");
  end();
  await eventually("the first knows", () => one.fleet.status().serving === 0);
  await one.fleet.close();
  expect([first.committed, second.committed, errors]).toEqual([[], ["ada m"], []]);
});

test("on a slot without transactions such a message stays in its queue, which is told once", async () => {
  await using fleets = new Fleets();
  const durability = (plain: DurabilityBackend): DurabilityBackend =>
    new Proxy(plain, {
      get(owner, name): unknown {
        if (name === "transactions") return undefined;
        const member: unknown = Reflect.get(owner, name, owner);
        return typeof member === "function" ? member.bind(owner) : member;
      },
    });
  const { fleet, warnings } = await fleets.open({ durability, timing: { pollIntervalMs: 20 } });
  await using outbox = await Outbox.open(fleets.hub);
  let handled = 0;
  const handle = await fleet.register("ada", {}, { onMessage: () => void (handled += 1) });
  await outbox.enqueue("m", handle, ONCE);
  await eventually("it is told", () => warnings.length > 0);
  const [again] = [await fleet.register("bob", {}, { onMessage: () => {} })];
  await outbox.enqueue("n", again);
  await eventually("others go on", async () => (await outbox.statuses("n"))["bob"] === "delivered");
  expect([handled, await outbox.statuses("m")]).toEqual([0, { ada: "pending" }]);
  expect(warnings.map(({ code }) => code)).toEqual(["UNSUPPORTED"]);
});
