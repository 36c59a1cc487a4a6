import { expect, test } from "vitest";
import type { Message } from "../../src/message.ts";
import {
  createMessageIterator,
  type MessageIterator,
  type MessageIteratorOptions,
} from "../../src/receiving/message-iterator.ts";
import type { Acknowledger } from "../../src/receiving/outcome.ts";
import { ReceivedContent, ReceivedMessage } from "../../src/receiving/received-message.ts";

function receiver(changes: Partial<MessageIteratorOptions> = {}): MessageIterator {
  return createMessageIterator({
    capacity: 3,
    mayStart: () => true,
    onOverflow: () => {},
    onLeave: () => {},
    ...changes,
  });
}

test("messages come in order, those that waited and those that are waited for", async () => {
  const { messages, push } = receiver();
  push(message(1));
  push(message(2));
  expect(await ids(messages, 2)).toEqual(["1", "2"]);
  const asked = [ids(messages, 1), ids(messages, 1)];
  push(message(3));
  push(message(4));
  expect(await Promise.all(asked)).toEqual([["3"], ["4"]]);
});

test("closing ends the iteration at once, also for whoever waits", async () => {
  const { messages, push, close } = receiver();
  const asked = messages.next();
  await close();
  push(message(1));
  expect(await asked).toEqual({ done: true, value: undefined });
  expect(await messages.next()).toEqual({ done: true, value: undefined });
});

test("leaving the iteration is told once, and nothing more is taken", async () => {
  let left = 0;
  const { messages, push, close } = receiver({
    onLeave: () => {
      left += 1;
    },
  });
  push(message(1));
  push(message(2));
  for await (const { id } of messages) if (id === "1") break;
  push(message(3));
  expect(await messages.next()).toEqual({ done: true, value: undefined });
  await messages.return?.();
  await close();
  expect(left).toBe(1);
});

test("a disconnect hands out what waited and then ends", async () => {
  let disconnects = 0;
  const { messages, push } = receiver({
    overflow: "disconnect",
    onDisconnect: () => {
      disconnects += 1;
    },
  });
  for (let id = 1; id <= 6; id++) push(message(id));
  const got: string[] = [];
  for await (const { id } of messages) got.push(id);
  expect(got).toEqual(["1", "2", "3"]);
  expect(disconnects).toBe(1);
});

test("a message that may not start is passed over, waited for or not", async () => {
  let isFenced = true;
  const { messages, push } = receiver({ mayStart: () => !isFenced });
  push(message(1));
  const asked = ids(messages, 1);
  push(message(2));
  isFenced = false;
  push(message(3));
  expect(await asked).toEqual(["3"]);
});

/** Messages that are awaited, and what became of them. */
function awaited(outcomes: string[], changes: Partial<Acknowledger> = {}): (id: number) => ReceivedMessage {
  const settle: Acknowledger["settle"] = (settled, { as }) => void outcomes.push(`${settled.id}: ${as}`);
  return (id) => message(id, { attempt: 1, settle, ...changes });
}

test("asking for the next message has handled the one before, unless that was rejected", async () => {
  const outcomes: string[] = [];
  const { messages, push } = receiver();
  for (let id = 1; id <= 3; id += 1) push(awaited(outcomes)(id));
  await messages.next();
  expect(outcomes).toEqual([]);
  const second = await messages.next();
  expect(outcomes).toEqual(["1: handled"]);
  if (second.done !== true) second.value.reject("no");
  await messages.next();
  expect(outcomes).toEqual(["1: handled", "2: rejected"]);
});

test("leaving settles what was given as not handled, and what waits as untried", async () => {
  const outcomes: string[] = [];
  const { messages, push } = receiver();
  for (let id = 1; id <= 3; id += 1) push(awaited(outcomes)(id));
  await expect(async () => {
    for await (const { id } of messages) if (id === "2") throw new Error("boom");
  }).rejects.toThrow("boom");
  expect(outcomes).toEqual(["1: handled", "2: thrown", "3: untried"]);
});

test("a rejection stands although the iteration is left with the message", async () => {
  const outcomes: string[] = [];
  const { messages, push } = receiver();
  push(awaited(outcomes)(1));
  for await (const one of messages) {
    one.reject("no");
    break;
  }
  expect(outcomes).toEqual(["1: rejected"]);
});

test("closing waits for whoever is at work on an awaited message, until it asks, leaves, or is skipped", async () => {
  const outcomes: string[] = [];
  for (const end of ["next", "return", "skip"] as const) {
    const { messages, push, close, skip } = receiver();
    const given = awaited(outcomes)(1);
    push(given);
    await messages.next();
    let isClosed = false;
    const closing = close()?.then(() => {
      isClosed = true;
    });
    await new Promise(setImmediate);
    expect(isClosed).toBe(false);
    if (end === "skip") skip(given);
    else await messages[end]?.();
    await closing;
  }
  expect(outcomes).toEqual(["1: handled", "1: thrown"]);
});

test("a message that may not begin is passed over and untried, waited for or not", async () => {
  const outcomes: string[] = [];
  let mayBegin = false;
  const { messages, push } = receiver();
  const make = awaited(outcomes, { begin: () => mayBegin });
  push(make(1));
  const asked = ids(messages, 1);
  push(make(2));
  mayBegin = true;
  push(make(3));
  expect([await asked, outcomes]).toEqual([["3"], ["1: untried", "2: untried"]]);
});

async function ids(messages: AsyncIterator<Message>, count: number): Promise<string[]> {
  const got: string[] = [];
  while (got.length < count) {
    const result = await messages.next();
    if (result.done === true) break;
    got.push(result.value.id);
  }
  return got;
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
