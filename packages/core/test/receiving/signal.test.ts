import { expect, test } from "vitest";
import type { Message } from "../../src/message.ts";
import { isMusterError } from "../../src/slots/index.ts";
import { openSender, STEADY } from "../support/acknowledged-sender.ts";
import { eventually } from "../support/eventually.ts";
import { Fleets } from "../support/fleets.ts";
import { Latch } from "../support/latch.ts";

/** A handler that runs until its signal aborts, or until it is let go. */
class Handler {
  readonly started = new Latch();
  readonly latch = new Latch();
  message: Message | undefined;

  readonly onMessage = async (message: Message): Promise<void> => {
    this.message = message;
    this.started.open();
    await Promise.race([
      this.latch.opened,
      new Promise((resolve) => {
        message.signal.addEventListener("abort", resolve, { once: true });
      }),
    ]);
  };

  get reason(): unknown {
    const reason: unknown = this.message?.signal.reason;
    return reason;
  }
}

test("a handler's signal aborts when another process takes its identity over", async () => {
  await using fleets = new Fleets();
  const [one, other] = await fleets.openTwo(STEADY);
  const handler = new Handler();
  await one.fleet.register("ada", {}, { onMessage: handler.onMessage });
  await one.fleet.multicast(null, "hi");
  await handler.started.opened;
  expect(handler.reason).toBeUndefined();
  await other.fleet.register("ada", {}, { replace: true });
  await eventually("its signal aborts", () => handler.reason !== undefined);
  expect(isMusterError(handler.reason, "FENCED")).toBe(true);
});

test("a handler's signal aborts when its session is taken for dead", async () => {
  await using fleets = new Fleets();
  const { fleet, faults } = await fleets.open();
  const handler = new Handler();
  await fleet.register("ada", {}, { onMessage: handler.onMessage });
  await fleet.multicast(null, "hi");
  await handler.started.opened;
  faults.down("store");
  await eventually("its signal aborts", () => handler.reason !== undefined);
  expect(isMusterError(handler.reason, "FENCED")).toBe(true);
  faults.up("store");
});

test("unregistering leaves a handler half of its time, and then aborts its signal", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open(STEADY);
  const handler = new Handler();
  const handle = await fleet.register("ada", {}, { onMessage: handler.onMessage });
  await fleet.multicast(null, "hi");
  await handler.started.opened;
  const start = performance.now();
  expect(await handle.unregister({ timeoutMs: 200 })).toBe("removed");
  expect(isMusterError(handler.reason, "TIMEOUT")).toBe(true);
  expect(performance.now() - start).toBeGreaterThan(95);
});

test("a handler that finishes in the time it is given never sees its signal abort", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open(STEADY);
  const handler = new Handler();
  const handle = await fleet.register("ada", {}, { onMessage: handler.onMessage });
  await fleet.multicast(null, "hi");
  await handler.started.opened;
  const unregistered = handle.unregister();
  await eventually("it is served no longer", () => fleet.status().serving === 0);
  expect(handler.reason).toBeUndefined();
  handler.latch.open();
  await unregistered;
  expect(handler.reason).toBeUndefined();
});

test("closing leaves handlers half of its time, and then aborts their signals", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open(STEADY);
  const handler = new Handler();
  await fleet.register("ada", {}, { onMessage: handler.onMessage });
  await fleet.multicast(null, "hi");
  await handler.started.opened;
  const closed = fleet.close({ timeoutMs: 200 });
  expect(handler.reason).toBeUndefined();
  await closed;
  expect(isMusterError(handler.reason, "TIMEOUT")).toBe(true);
});

test("what a reader has in its hands is aborted like what a handler has", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open(STEADY);
  const handle = await fleet.register("ada", {});
  const messages = handle.messages();
  const next = messages.next();
  await eventually("it is attached", async () => (await fleet.multicast(null, "hi")).deliveredCount === 1);
  const { value } = await next;
  await handle.unregister();
  expect(isMusterError((value as Message).signal.reason, "TIMEOUT")).toBe(true);
});

test("a reader acknowledges a message by asking for the next, and not by leaving with it", async () => {
  await using fleets = new Fleets();
  await using sender = await openSender(fleets.hub);
  const { fleet } = await fleets.open(STEADY);
  const handle = await fleet.register("ada", {});
  const read: string[] = [];
  const reading = (async () => {
    for await (const message of handle.messages()) {
      read.push(message.id);
      if (read.length === 2) message.reject("enough");
      if (read.length === 3) break;
    }
  })();
  const reports = [];
  for (const id of ["m-1", "m-2"]) reports.push((await sender.multicast({ id })).report);
  const third = sender.multicast({ id: "m-3", timeoutMs: 300 });
  await reading;
  expect(reports.map(({ deliveredCount, failedCount }) => [deliveredCount, failedCount])).toEqual([
    [1, 0],
    [0, 1],
  ]);
  expect((await third).report).toMatchObject({ targetCount: 1, deliveredCount: 0, timeoutCount: 1 });
});
