import { expect, test } from "vitest";
import type { Message } from "../../../src/message.ts";
import { isMusterError } from "../../../src/slots/index.ts";
import { PLACE_STATE } from "../../../src/wire/acknowledgement.ts";
import { openSender, STEADY } from "../../support/acknowledged-sender.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleets } from "../../support/fleets.ts";
import { names } from "../../support/world.ts";
import { Latch } from "../../support/latch.ts";

test("a thousand recipients in one process each handle the message once, and are delivered", async () => {
  await using fleets = new Fleets();
  await using sender = await openSender(fleets.hub);
  const { fleet } = await fleets.open(STEADY);
  const handled: string[] = [];
  const onMessage = ({ identity }: Message): void => void handled.push(identity);
  await Promise.all(names(1_000).map((name) => fleet.register(name, {}, { onMessage })));
  const { report } = await sender.multicast();
  expect(report).toMatchObject({ targetCount: 1_000, deliveredCount: 1_000, statuses: [] });
  expect(handled.toSorted()).toEqual(names(1_000));
});

test("an acknowledgement that was lost is given again, and nobody handles the message twice", async () => {
  await using fleets = new Fleets();
  let lost = 0;
  await using sender = await openSender(fleets.hub, {
    onAcknowledgement: () => {
      lost += 1;
      return lost === 1 ? "drop" : "pass";
    },
  });
  const { fleet } = await fleets.open(STEADY);
  const attempts: number[] = [];
  for (const name of names(20))
    await fleet.register(name, {}, { onMessage: ({ attempt }) => void attempts.push(attempt) });
  const { report } = await sender.multicast();
  expect(report).toMatchObject({ targetCount: 20, deliveredCount: 20 });
  expect(lost).toBe(2);
  expect(attempts).toEqual(Array.from({ length: 20 }, () => 1));
});

test("what is sent again while the first still runs joins it", async () => {
  await using fleets = new Fleets();
  let tries = 0;
  await using sender = await openSender(fleets.hub, {
    onAcknowledgement: ({ attempt }) => {
      tries = Math.max(tries, attempt);
      return attempt === 1 ? "drop" : "pass";
    },
  });
  const { fleet } = await fleets.open(STEADY);
  const latch = new Latch();
  let handled = 0;
  await fleet.register(
    "ada",
    {},
    {
      onMessage: async () => {
        handled += 1;
        await latch.opened;
      },
    },
  );
  const sending = sender.multicast();
  await eventually("the second try is answered", () => tries > 1);
  latch.open();
  expect((await sending).report).toMatchObject({ deliveredCount: 1, targetCount: 1 });
  expect(handled).toBe(1);
});

test("of one frame only those whose handler threw are tried again, until it doesn't", async () => {
  await using fleets = new Fleets();
  await using sender = await openSender(fleets.hub);
  const { fleet } = await fleets.open(STEADY);
  const tried: string[] = [];
  for (const name of ["ada", "bob", "eve"]) {
    await fleet.register(
      name,
      {},
      {
        onMessage: ({ identity, attempt }) => {
          tried.push(`${identity} ${attempt}`);
          if (identity === "bob" && attempt < 3) throw new Error("not yet");
        },
      },
    );
  }
  const { report } = await sender.multicast();
  expect(report).toMatchObject({ deliveredCount: 3, targetCount: 3 });
  expect(tried).toEqual(["ada 1", "bob 1", "eve 1", "bob 2", "bob 3"]);
});

test("a message that its handler rejects has failed for good, with the reason", async () => {
  await using fleets = new Fleets();
  await using sender = await openSender(fleets.hub);
  const { fleet } = await fleets.open(STEADY);
  let tried = 0;
  await fleet.register(
    "ada",
    {},
    {
      onMessage: (message) => {
        tried += 1;
        message.reject("firmware too old");
      },
    },
  );
  await fleet.register("bob", {}, { onMessage: () => {} });
  const { report } = await sender.multicast();
  expect(report).toMatchObject({ deliveredCount: 1, failedCount: 1 });
  expect(report.statuses).toEqual([
    { identity: "ada", status: "failed", code: "REJECTED", reason: "firmware too old" },
  ]);
  expect(tried).toBe(1);
});

test("whoever is not done in time is a timeout, and may be handled afterwards", async () => {
  await using fleets = new Fleets();
  await using sender = await openSender(fleets.hub);
  const { fleet } = await fleets.open(STEADY);
  const latch = new Latch();
  let handled = 0;
  await fleet.register(
    "ada",
    {},
    {
      onMessage: async () => {
        await latch.opened;
        handled += 1;
      },
    },
  );
  const { report, incomplete } = await sender.multicast({ timeoutMs: 60 });
  expect(report).toMatchObject({ targetCount: 1, timeoutCount: 1 });
  expect(report.statuses[0]).toMatchObject({ identity: "ada", status: "timeout", code: "INDETERMINATE" });
  expect([incomplete, handled]).toEqual([undefined, 0]);
  latch.open();
  await eventually("it is handled", () => handled === 1);
});

test("one of a thousand that stalls holds up no other: they are reported while it runs", async () => {
  await using fleets = new Fleets();
  await using sender = await openSender(fleets.hub);
  const { fleet } = await fleets.open(STEADY);
  const latch = new Latch();
  const [stalled, ...others] = names(1_000);
  const onMessage = ({ identity }: Message): Promise<void> | undefined =>
    identity === stalled ? latch.opened : undefined;
  await Promise.all(
    [stalled ?? "", ...others].map((name) => fleet.register(name, {}, { onMessage: (m) => onMessage(m) })),
  );
  const reported: string[] = [];
  const sending = sender.multicast({
    onReceipts: (receipts) => void reported.push(...receipts.map(({ identity }) => identity)),
  });
  await eventually("the others are reported", () => reported.length === 999);
  expect(reported.toSorted()).toEqual(others);
  latch.open();
  expect((await sending).report).toMatchObject({ deliveredCount: 1_000 });
});

test("acknowledgements of recipients with addresses of their own are published together", async () => {
  await using fleets = new Fleets();
  let acknowledgements = 0;
  await using sender = await openSender(fleets.hub, {
    onAcknowledgement: () => {
      acknowledgements += 1;
      return "pass";
    },
  });
  const { fleet } = await fleets.open(STEADY);
  const handled: string[] = [];
  const onMessage = ({ identity }: Message): void => void handled.push(identity);
  for (const name of names(300)) await fleet.register(name, {}, { onMessage, address: `own.${name}` });
  const { report } = await sender.multicast();
  expect(report).toMatchObject({ targetCount: 300, deliveredCount: 300 });
  expect(handled).toHaveLength(300);
  expect(acknowledgements).toBeLessThan(30);
});

test("a recipient with an address of its own that throws is tried again, and handles it once more", async () => {
  await using fleets = new Fleets();
  await using sender = await openSender(fleets.hub);
  const { fleet } = await fleets.open(STEADY);
  const attempts: number[] = [];
  await fleet.register(
    "ada",
    {},
    {
      address: "own",
      onMessage: ({ attempt }) => {
        attempts.push(attempt);
        if (attempt === 1) throw new Error("not yet");
      },
    },
  );
  expect((await sender.multicast()).report).toMatchObject({ deliveredCount: 1 });
  expect(attempts).toEqual([1, 2]);
});

test("unregistering waits for a running handler, whose outcome is told", async () => {
  await using fleets = new Fleets();
  const states: number[] = [];
  await using sender = await openSender(fleets.hub, {
    onAcknowledgement: ({ runs }) => {
      states.push(...runs.map(([, , state]) => state));
      return "pass";
    },
  });
  const { fleet } = await fleets.open(STEADY);
  const latch = new Latch();
  const handle = await fleet.register("ada", {}, { onMessage: () => latch.opened });
  const sending = sender.multicast();
  await eventually("its handler runs", () => states.includes(PLACE_STATE.running));
  const unregistered = handle.unregister();
  latch.open();
  expect(await unregistered).toBe("removed");
  expect((await sending).report).toMatchObject({ targetCount: 1, deliveredCount: 1 });
});

test("closing waits for running handlers, and tells their outcomes before it closes the broker", async () => {
  await using fleets = new Fleets();
  await using sender = await openSender(fleets.hub);
  const { fleet } = await fleets.open(STEADY);
  const [started, latch] = [new Latch(), new Latch()];
  await fleet.register(
    "ada",
    {},
    {
      onMessage: () => {
        started.open();
        return latch.opened;
      },
    },
  );
  const sending = sender.multicast();
  await started.opened;
  const closed = fleet.close();
  latch.open();
  await closed;
  expect((await sending).report).toMatchObject({ targetCount: 1, deliveredCount: 1 });
});

test("a caller who gives up gets what is known until then", async () => {
  await using fleets = new Fleets();
  await using sender = await openSender(fleets.hub);
  const { fleet } = await fleets.open(STEADY);
  await fleet.register("ada", {}, { onMessage: () => {} });
  await fleet.register("bob", {}, { onMessage: () => new Promise(() => {}) });
  const controller = new AbortController();
  const { report, cause } = await sender.multicast({
    signal: controller.signal,
    onReceipts: () => controller.abort(),
  });
  expect(isMusterError(cause, "ABORTED")).toBe(true);
  expect(report).toMatchObject({ targetCount: 2, deliveredCount: 1, timeoutCount: 1 });
});

test("a refusal of receipts ends the multicast", async () => {
  await using fleets = new Fleets();
  await using sender = await openSender(fleets.hub);
  const { fleet } = await fleets.open(STEADY);
  await fleet.register("ada", {}, { onMessage: () => {} });
  await fleet.register("bob", {}, { onMessage: () => new Promise(() => {}) });
  const { report, cause } = await sender.multicast({
    onReceipts: () => {
      throw new Error("enough");
    },
  });
  expect(isMusterError(cause, "ABORTED")).toBe(true);
  expect(report).toMatchObject({ targetCount: 2, deliveredCount: 1, timeoutCount: 1 });
});
