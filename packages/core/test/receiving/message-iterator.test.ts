import { expect, test } from "vitest";
import type { Message } from "../../src/message.ts";
import {
  createMessageIterator,
  type MessageIterator,
  type MessageIteratorOptions,
} from "../../src/receiving/message-iterator.ts";
import type { Outcome } from "../../src/receiving/outcome.ts";
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

test("each message is settled once: by asking for the next, by leaving, or because it was never handed out", async () => {
  const settled: string[] = [];
  let mayStart = false;
  const { messages, push, close } = receiver({ capacity: 2, mayStart: () => mayStart });
  const waited = ids(messages, 1);
  push(message(1, settled));
  mayStart = true;
  for (const id of [2, 3, 4, 5, 6]) push(message(id, settled));
  expect(await waited).toEqual(["2"]);
  expect(settled).toEqual(["1 untried", "3 untried", "4 untried"]);
  const five: IteratorResult<Message, unknown> = await messages.next();
  if (five.done !== true) five.value.reject("no");
  await messages.next();
  expect(settled.slice(3)).toEqual(["2 handled", "5 rejected"]);
  await messages.return?.();
  await close();
  push(message(7, settled));
  expect(settled.slice(5)).toEqual(["6 thrown", "7 untried"]);
});

test("a rejection stands although the iteration is left with the message", async () => {
  const settled: string[] = [];
  const { messages, push } = receiver();
  push(message(1, settled));
  for await (const one of messages) {
    one.reject("no");
    break;
  }
  expect(settled).toEqual(["1 rejected"]);
});

test("closing waits until what was handed out and is waited for has been settled", async () => {
  const settled: string[] = [];
  const { messages, push, close } = receiver();
  push(message(1, settled));
  await messages.next();
  let isClosed = false;
  const closed = close().then(() => {
    isClosed = true;
  });
  await new Promise(setImmediate);
  expect(isClosed).toBe(false);
  expect(await messages.next()).toEqual({ done: true, value: undefined });
  await closed;
  expect(settled).toEqual(["1 handled"]);
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

/** @param settled gets how it was settled; absent: nobody waits for it. */
function message(id: number, settled?: string[]): ReceivedMessage {
  const content = new ReceivedContent({
    id: String(id),
    contentType: "text/plain",
    sentAt: 0,
    payload: new Uint8Array(),
  });
  if (settled === undefined) return new ReceivedMessage(content, "ada", 1);
  const settle = ({ id: settledId }: Message, { as }: Outcome): void => void settled.push(`${settledId} ${as}`);
  return new ReceivedMessage(content, "ada", 1, { attempt: 1, settle });
}
