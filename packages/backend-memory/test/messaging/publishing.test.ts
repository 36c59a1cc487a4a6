import { expect, test } from "vitest";
import { memoryHub } from "../../src/index.ts";
import { CALL } from "../support.ts";
import { drain, listen, message, open, texts } from "./support.ts";

test("publishing delivers address, headers and bytes as they were", async () => {
  const messaging = await open();
  const inbox = await listen(messaging, ["a"]);
  const body = Uint8Array.from({ length: 256 }, (_, i) => i);
  expect(await messaging.publishMany([{ address: "a", headers: { "x-kind": "ü" }, body }], CALL)).toEqual([]);
  expect(await drain(inbox)).toEqual([{ address: "a", headers: { "x-kind": "ü" }, body }]);
});

test("an empty body arrives, and arrives empty", async () => {
  const messaging = await open();
  const inbox = await listen(messaging, ["a"]);
  await messaging.publishMany([message("a")], CALL);
  expect(await drain(inbox)).toEqual([{ address: "a", headers: {}, body: new Uint8Array(0) }]);
});

test("what one publisher publishes arrives in order, across batches and addresses", async () => {
  const messaging = await open();
  const inbox = await listen(messaging, ["a", "b"]);
  const names = Array.from({ length: 100 }, (_, i) => String(i));
  for (let from = 0; from < 100; from += 10) {
    await messaging.publishMany(
      names.slice(from, from + 10).map((name, i) => message(i % 2 ? "a" : "b", name)),
      CALL,
    );
  }
  expect(texts(await drain(inbox))).toEqual(names);
});

test("every inbox on an address gets a copy of its own, which the publisher's bytes have nothing to do with", async () => {
  const hub = memoryHub();
  const [one, other] = [await open({ hub }), await open({ hub })];
  const inboxes = [await listen(one, ["a"]), await listen(other, ["a"])];
  const body = Buffer.from("before");
  await one.publishMany([{ address: "a", headers: {}, body }], CALL);
  body.fill(0);
  const [first, second] = await Promise.all(inboxes.map(drain));
  first?.[0]?.body.fill(0);
  expect(texts(second ?? [])).toEqual(["before"]);
});

test("the receiver is never run inside publishMany", async () => {
  const messaging = await open();
  const inbox = await listen(messaging, ["a"]);
  const events: string[] = [];
  const reading = inbox[Symbol.asyncIterator]()
    .next()
    .then(() => events.push("received"));
  const publishing = messaging.publishMany([message("a")], CALL).then(() => events.push("published"));
  events.push("called");
  await Promise.all([reading, publishing]);
  expect(events[0]).toBe("called");
});

test("an address that nobody listens on has no route, and only that message fails", async () => {
  const messaging = await open();
  const inbox = await listen(messaging, ["a"]);
  const failures = await messaging.publishMany([message("nobody"), message("a", "x"), message("none")], CALL);
  expect(failures).toMatchObject([
    { index: 0, error: { code: "NO_ROUTE", subject: "nobody", mayHaveApplied: false } },
    { index: 2, error: { code: "NO_ROUTE" } },
  ]);
  expect(texts(await drain(inbox))).toEqual(["x"]);
});

test("no address acts as a wildcard, and none reaches another namespace", async () => {
  const hub = memoryHub();
  const messaging = await open({ hub });
  const stranger = await listen(await open({ hub }, "other"), ["a.b"]);
  const patterns = await listen(messaging, ["*", ">", "a.*", "a.>", "#", "%", "", "__proto__"].filter(Boolean));
  await messaging.publishMany([message("a.b")], CALL);
  expect(await drain(patterns)).toEqual([]);
  expect(await drain(stranger)).toEqual([]);
});

test("hostile addresses are addresses", async () => {
  const messaging = await open();
  const addresses = ["\u{1f600}", "\ufb01", "*", ">", "a b", "__proto__", "x".repeat(256), "/../"];
  const inbox = await listen(messaging, addresses);
  expect(
    await messaging.publishMany(
      addresses.map((address) => message(address, address)),
      CALL,
    ),
  ).toEqual([]);
  expect(texts(await drain(inbox))).toEqual(addresses);
});

test("a body over the limit is refused before anything is sent, one at the limit is not", async () => {
  const messaging = await open();
  const inbox = await listen(messaging, ["a"]);
  const { maxPayloadBytes } = messaging.traits;
  const large = { address: "a", headers: {}, body: new Uint8Array(maxPayloadBytes + 1) };
  await expect(messaging.publishMany([message("a"), large], CALL)).rejects.toMatchObject({
    code: "PAYLOAD_TOO_LARGE",
    detail: { bytes: maxPayloadBytes + 1, maxBytes: maxPayloadBytes },
  });
  await messaging.publishMany([{ ...large, body: new Uint8Array(maxPayloadBytes) }], CALL);
  expect((await drain(inbox)).map(({ body }) => body.length)).toEqual([maxPayloadBytes]);
});

test("a batch over the limit is refused", async () => {
  const messaging = await open();
  const batch = Array.from({ length: messaging.traits.maxBatch + 1 }, () => message("a"));
  await expect(messaging.publishMany(batch, CALL)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

test.each(["", "x".repeat(257), "a\u0000b", "a\nb", "\u0085"])("what is no address is refused: %j", async (address) => {
  const messaging = await open();
  const inbox = await messaging.openInbox({ prefetch: 1 }, CALL);
  await expect(messaging.publishMany([message(address)], CALL)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(await inbox.addMany(["a", address], CALL)).toMatchObject([{ index: 1, error: { code: "INVALID_ARGUMENT" } }]);
});
