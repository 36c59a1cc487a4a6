import { expect, test } from "vitest";
import type { Message } from "../../src/message.ts";
import {
  createMessageIterator,
  type MessageIterator,
  type MessageIteratorOptions,
} from "../../src/receiving/message-iterator.ts";
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

async function ids(messages: AsyncIterator<Message>, count: number): Promise<string[]> {
  const got: string[] = [];
  while (got.length < count) {
    const result = await messages.next();
    if (result.done === true) break;
    got.push(result.value.id);
  }
  return got;
}

function message(id: number): ReceivedMessage {
  const content = new ReceivedContent({
    id: String(id),
    contentType: "text/plain",
    sentAt: 0,
    payload: new Uint8Array(),
  });
  return new ReceivedMessage(content, "ada", 1);
}
