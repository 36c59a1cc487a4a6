import { expect, test } from "vitest";
import { ReceivedContent, ReceivedMessage } from "../../src/receiving/received-message.ts";

function received(text: string): ReceivedMessage {
  const content = { id: "m-1", contentType: "application/json", sentAt: 5, payload: Buffer.from(text) };
  return new ReceivedMessage(new ReceivedContent(content), "ada", 7);
}

test("a message reads as bytes, as text and as JSON, as often as one likes", () => {
  const message = received('{"a":"zoë"}');
  expect(Buffer.from(message.bytes()).toString()).toBe('{"a":"zoë"}');
  expect([message.text(), message.text()]).toEqual(['{"a":"zoë"}', '{"a":"zoë"}']);
  expect(message.json()).toEqual({ a: "zoë" });
  expect(message).toMatchObject({ identity: "ada", epoch: 7 });
  expect([message.id, message.contentType, message.sentAt]).toEqual(["m-1", "application/json", 5]);
});

test("each reader gets JSON of their own to change", () => {
  const message = received("[1]");
  expect(message.json()).not.toBe(message.json());
});

test("whoever keeps a payload keeps nothing that came with it", () => {
  const arrived = new Uint8Array(Buffer.from("before payload after"));
  const content = { id: "m-1", contentType: "text/plain", sentAt: 5, payload: arrived.subarray(7, 14) };
  const [kept, read] = [new ReceivedContent(content), new ReceivedContent(content)].map(
    (received) => new ReceivedMessage(received, "ada", 7),
  );
  kept?.kept();
  arrived.fill(0);
  expect(kept?.text()).toBe("payload");
  expect(read?.bytes().buffer.byteLength).toBe(7);
  expect(read?.bytes()).toBe(read?.bytes());
});

test("a payload that is no JSON throws only where JSON is asked for", () => {
  const message = received("no");
  expect(message.text()).toBe("no");
  expect(() => message.json()).toThrow(SyntaxError);
});
