import { expect, test } from "vitest";
import type { OverflowPolicy } from "../../src/fleet.ts";
import { createMailbox, type HandlerMailboxOptions, type Mailbox } from "../../src/receiving/mailbox.ts";
import type { Acknowledger } from "../../src/receiving/outcome.ts";
import { ReceivedContent, ReceivedMessage } from "../../src/receiving/received-message.ts";
import { eventually } from "../support/eventually.ts";

interface Receiver {
  readonly mailbox: Mailbox;
  /** Ids in the order their handlers began. */
  readonly begun: string[];
  readonly errors: unknown[];
  readonly dropped: number[];
  disconnects: number;
  /** Lets the handler that runs finish. */
  finish(): void;
}

/** A receiver whose handlers run until they are told to finish. */
function slowReceiver(overflow?: OverflowPolicy, changes: Partial<HandlerMailboxOptions> = {}): Receiver {
  const finishers: (() => void)[] = [];
  const begun: string[] = [];
  const errors: unknown[] = [];
  const dropped: number[] = [];
  const receiver: Receiver = {
    begun,
    errors,
    dropped,
    disconnects: 0,
    finish: () => finishers.shift()?.(),
    mailbox: createMailbox({
      capacity: 3,
      overflow,
      mayStart: () => true,
      onOverflow: (count) => void dropped.push(count),
      onDisconnect: () => {
        receiver.disconnects += 1;
      },
      onHandlerError: (error) => void errors.push(error),
      onMessage: async ({ id }) => {
        begun.push(id);
        await new Promise<void>((resolve) => {
          finishers.push(resolve);
        });
      },
      ...changes,
    }),
  };
  return receiver;
}

test("a handler gets one message at a time, in order", async () => {
  const receiver = slowReceiver();
  push(receiver.mailbox, 1, 3);
  expect(receiver.begun).toEqual(["1"]);
  receiver.finish();
  await eventually("the second begins", () => receiver.begun.length === 2);
  receiver.finish();
  await eventually("the third begins", () => receiver.begun.length === 3);
  expect(receiver.begun).toEqual(["1", "2", "3"]);
});

test("a handler that returns no promise has handled everything when push returns", () => {
  const handled: string[] = [];
  const { mailbox } = slowReceiver("drop-oldest", { onMessage: ({ id }) => void handled.push(id) });
  push(mailbox, 1, 100);
  expect(handled).toHaveLength(100);
});

test("a message pushed by the handler itself waits its turn", () => {
  const order: string[] = [];
  const { mailbox } = slowReceiver("drop-oldest", {
    onMessage: ({ id }) => {
      order.push(`begin ${id}`);
      if (id === "1") mailbox.push(message(2));
      order.push(`end ${id}`);
    },
  });
  mailbox.push(message(1));
  expect(order).toEqual(["begin 1", "end 1", "begin 2", "end 2"]);
});

test.each<[OverflowPolicy, readonly string[], number]>([
  ["drop-oldest", ["1", "4", "5", "6"], 2],
  ["drop-newest", ["1", "2", "3", "4"], 2],
  ["disconnect", ["1", "2", "3", "4"], 1],
])("under %s a receiver without room handles %j", async (overflow, handled, dropped) => {
  const receiver = slowReceiver(overflow);
  push(receiver.mailbox, 1, 6);
  await eventually("the overflow is told", () => receiver.dropped.length > 0);
  for (let count = 2; count <= handled.length; count++) {
    receiver.finish();
    await eventually("the next begins", () => receiver.begun.length === count);
  }
  expect(receiver.begun).toEqual(handled);
  expect(receiver.dropped).toEqual([dropped]);
  expect(receiver.disconnects).toBe(overflow === "disconnect" ? 1 : 0);
});

test("after a disconnect nothing more is taken, even when there is room again", async () => {
  const receiver = slowReceiver("disconnect");
  push(receiver.mailbox, 1, 5);
  for (let count = 2; count <= 4; count++) {
    receiver.finish();
    await eventually("the next begins", () => receiver.begun.length === count);
  }
  receiver.finish();
  await receiver.mailbox.close();
  receiver.mailbox.push(message(6));
  expect(receiver.begun).toEqual(["1", "2", "3", "4"]);
  expect(receiver.disconnects).toBe(1);
});

test("what a handler throws is told, and the next message is handled", async () => {
  const receiver = slowReceiver("drop-oldest", {
    onMessage: ({ id }) => {
      if (id === "1") throw new Error("sync");
      return Promise.reject(new Error(`async ${id}`));
    },
  });
  push(receiver.mailbox, 1, 3);
  await eventually("three errors", () => receiver.errors.length === 3);
  expect(receiver.errors.map(String)).toEqual(["Error: sync", "Error: async 2", "Error: async 3"]);
});

test("a message that may not start is dropped", async () => {
  let isFenced = false;
  const receiver = slowReceiver("drop-oldest", { mayStart: () => !isFenced });
  push(receiver.mailbox, 1, 3);
  isFenced = true;
  receiver.finish();
  await new Promise(setImmediate);
  isFenced = false;
  receiver.mailbox.push(message(4));
  expect(receiver.begun).toEqual(["1", "4"]);
});

test("its fence is asked for what is handed over as it comes, and what has waited may start or not by itself", async () => {
  const fence = { live: true };
  let asked = 0;
  const mayStart = (): boolean => (asked += 1) > 1;
  const receiver = slowReceiver("drop-oldest", { fence, mayStart });
  push(receiver.mailbox, 1, 3);
  receiver.finish();
  await eventually("the third begins", () => receiver.begun.length === 2);
  receiver.finish();
  await new Promise(setImmediate);
  fence.live = false;
  receiver.mailbox.push(message(4));
  fence.live = true;
  receiver.mailbox.push(message(5));
  expect(receiver.begun).toEqual(["1", "3", "5"]);
});

test("close waits for the handler that runs, and starts none of those that wait", async () => {
  const receiver = slowReceiver();
  push(receiver.mailbox, 1, 3);
  let isClosed = false;
  const closing = receiver.mailbox.close()?.then(() => {
    isClosed = true;
  });
  await new Promise(setImmediate);
  expect(isClosed).toBe(false);
  receiver.finish();
  await closing;
  receiver.mailbox.push(message(4));
  expect(receiver.begun).toEqual(["1"]);
});

test("with close there is nothing to wait for when nothing runs, and twice is once", () => {
  const { mailbox } = slowReceiver();
  expect(mailbox.close()).toBeUndefined();
  expect(mailbox.close()).toBeUndefined();
});

test("ten thousand messages through a small queue keep their order", async () => {
  const handled: number[] = [];
  const { mailbox } = slowReceiver("drop-oldest", {
    capacity: 20_000,
    onMessage: async ({ id }) => {
      handled.push(Number(id));
    },
  });
  push(mailbox, 1, 10_000);
  await eventually("all are handled", () => handled.length === 10_000);
  expect(handled.every((id, index) => id === index + 1)).toBe(true);
});

test("whoever is skipped holds up neither the next message nor close, and may still end", async () => {
  const receiver = slowReceiver();
  const [first, second] = [message(1), message(2)];
  receiver.mailbox.push(first);
  receiver.mailbox.push(second);
  receiver.mailbox.skip(second); // It doesn't run.
  expect(receiver.begun).toEqual(["1"]);
  receiver.mailbox.skip(first);
  expect(receiver.begun).toEqual(["1", "2"]);
  receiver.finish(); // The first.
  await new Promise(setImmediate);
  receiver.mailbox.push(message(3));
  expect(receiver.begun).toEqual(["1", "2"]);
  const closing = receiver.mailbox.close();
  receiver.mailbox.skip(second);
  await closing;
});

/** Durable messages, and what became of them. */
function durable(outcomes: string[], begin: () => boolean = () => true): (id: number) => ReceivedMessage {
  const acknowledger: Acknowledger = {
    attempt: 1,
    isDurable: true,
    begin,
    settle: ({ id }, { as }) => void outcomes.push(`${id}: ${as}`),
  };
  return (id) => message(id, acknowledger);
}

test.each(["drop-oldest", "drop-newest", "disconnect"] as const)(
  "under %s durable messages always find room, and take none from others",
  async (overflow) => {
    const outcomes: string[] = [];
    const kept = durable(outcomes);
    const receiver = slowReceiver(overflow);
    push(receiver.mailbox, 1, 2);
    for (let id = 10; id < 15; id += 1) receiver.mailbox.push(kept(id));
    push(receiver.mailbox, 3, 5);
    for (let ended = 0; ended < 20; ended += 1) {
      receiver.finish();
      await new Promise(setImmediate);
    }
    expect(outcomes).toEqual(["10: handled", "11: handled", "12: handled", "13: handled", "14: handled"]);
    const others = receiver.begun.filter((id) => Number(id) < 10);
    expect(others).toEqual(overflow === "drop-oldest" ? ["1", "3", "4", "5"] : ["1", "2", "3", "4"]);
    expect(receiver.dropped).toEqual([1]);
  },
);

test("what may not begin when its turn has come is untried, and the next one begins", async () => {
  const outcomes: string[] = [];
  const receiver = slowReceiver();
  receiver.mailbox.push(durable(outcomes, () => false)(1));
  push(receiver.mailbox, 2, 2);
  receiver.mailbox.push(durable(outcomes, () => false)(3));
  push(receiver.mailbox, 4, 4);
  receiver.finish();
  await eventually("the last begins", () => receiver.begun.length === 2);
  expect([receiver.begun, outcomes]).toEqual([
    ["2", "4"],
    ["1: untried", "3: untried"],
  ]);
});

function push(mailbox: Mailbox, from: number, to: number): void {
  for (let id = from; id <= to; id++) mailbox.push(message(id));
}

function message(id: number, acknowledger?: Acknowledger): ReceivedMessage {
  const content = new ReceivedContent({
    id: String(id),
    contentType: "text/plain",
    sentAt: 0,
    payload: new Uint8Array(),
  });
  return new ReceivedMessage(content, "ada", 1, acknowledger);
}
