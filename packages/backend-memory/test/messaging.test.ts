import type { Call, Delivery, Inbox, MessagingBackend, Outgoing } from "@muster/core/slots";
import { describe, expect, test } from "vitest";
import { type MemoryHub, memoryFaults, memoryHub, memoryMessaging, type MemoryMessagingOptions } from "../src/index.ts";
import { ABORTED_CALL, CALL, NAMESPACE } from "./support.ts";

async function open(options: MemoryMessagingOptions = {}, namespace = NAMESPACE): Promise<MessagingBackend> {
  const messaging = memoryMessaging(options);
  await messaging.open({ namespace }, CALL);
  return messaging;
}

async function listen(messaging: MessagingBackend, addresses: readonly string[], prefetch = 1_000): Promise<Inbox> {
  const inbox = await messaging.openInbox({ prefetch }, CALL);
  await inbox.addMany(addresses, CALL);
  return inbox;
}

function message(address: string, text = "", headers: Record<string, string> = {}): Outgoing {
  return { address, headers, body: new TextEncoder().encode(text) };
}

function texts(deliveries: readonly Delivery[]): readonly string[] {
  return deliveries.map(({ body }) => new TextDecoder().decode(body));
}

/** What the next page says. */
async function nextTexts(pages: AsyncIterator<readonly Delivery[], unknown>): Promise<readonly string[]> {
  const page = await pages.next();
  return page.done ? [] : texts(page.value);
}

/** Closes the inbox and gives all that it had received. */
async function drain(inbox: Inbox): Promise<readonly Delivery[]> {
  const received: Delivery[] = [];
  await inbox[Symbol.asyncDispose]();
  for await (const page of inbox) received.push(...page);
  return received;
}

describe("publishing", () => {
  test("delivers address, headers and bytes as they were", async () => {
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

  test.each(["", "x".repeat(257), "a\u0000b", "a\nb", "\u0085"])(
    "what is no address is refused: %j",
    async (address) => {
      const messaging = await open();
      const inbox = await messaging.openInbox({ prefetch: 1 }, CALL);
      await expect(messaging.publishMany([message(address)], CALL)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
      expect(await inbox.addMany(["a", address], CALL)).toMatchObject([
        { index: 1, error: { code: "INVALID_ARGUMENT" } },
      ]);
    },
  );
});

describe("an inbox", () => {
  test("receives nothing until it has addresses, and what is published after addMany", async () => {
    const messaging = await open();
    const inbox = await messaging.openInbox({ prefetch: 10 }, CALL);
    expect(await messaging.publishMany([message("a", "early")], CALL)).toHaveLength(1);
    await inbox.addMany(["a", "a"], CALL);
    await inbox.addMany(["a"], CALL);
    await messaging.publishMany([message("a", "late")], CALL);
    expect(texts(await drain(inbox))).toEqual(["late"]);
  });

  test("receives nothing that is published after removeMany, which may name the unknown", async () => {
    const messaging = await open();
    const inbox = await listen(messaging, ["a", "b"]);
    await messaging.publishMany([message("a", "1")], CALL);
    expect(await inbox.removeMany(["a", "unknown"], CALL)).toEqual([]);
    expect(await messaging.publishMany([message("a", "2"), message("b", "3")], CALL)).toMatchObject([
      { index: 0, error: { code: "NO_ROUTE" } },
    ]);
    expect(texts(await drain(inbox))).toEqual(["1", "3"]);
  });

  test("gives all that came in meanwhile as one page", async () => {
    const messaging = await open();
    const inbox = await listen(messaging, ["a"]);
    await messaging.publishMany([message("a", "1"), message("a", "2")], CALL);
    await messaging.publishMany([message("a", "3")], CALL);
    expect(await nextTexts(inbox[Symbol.asyncIterator]())).toEqual(["1", "2", "3"]);
  });

  test("closed, it hands out what waits, ends, frees its addresses and takes no more", async () => {
    const messaging = await open();
    const inbox = await listen(messaging, ["a"]);
    await messaging.publishMany([message("a", "1")], CALL);
    await inbox[Symbol.asyncDispose]();
    await inbox[Symbol.asyncDispose]();
    expect(await messaging.publishMany([message("a")], CALL)).toMatchObject([{ error: { code: "NO_ROUTE" } }]);
    expect(texts(await drain(inbox))).toEqual(["1"]);
    await expect(inbox.addMany(["b"], CALL)).rejects.toMatchObject({ code: "CLOSED" });
    await expect(inbox.removeMany(["b"], CALL)).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("leaving the iteration closes it", async () => {
    const messaging = await open();
    const inbox = await listen(messaging, ["a"]);
    await messaging.publishMany([message("a")], CALL);
    for await (const _ of inbox) break;
    expect(await messaging.publishMany([message("a")], CALL)).toMatchObject([{ error: { code: "NO_ROUTE" } }]);
  });

  test("iterating it a second time is refused, and the first goes on", async () => {
    const messaging = await open();
    const inbox = await listen(messaging, ["a"]);
    const pages = inbox[Symbol.asyncIterator]();
    expect(() => inbox[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect(await messaging.publishMany([message("a", "1")], CALL)).toEqual([]);
    expect(await nextTexts(pages)).toEqual(["1"]);
  });

  test("closing its messaging ends the iteration", async () => {
    const messaging = await open();
    const inbox = await listen(messaging, ["a"]);
    const reading = inbox[Symbol.asyncIterator]().next();
    await messaging.close();
    expect(await reading).toMatchObject({ done: true });
  });

  test("a prefetch below 1 is refused", async () => {
    await expect((await open()).openInbox({ prefetch: 0 }, CALL)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("a full inbox", () => {
  const HELD: MemoryMessagingOptions = { maxHoldMs: 60_000 };

  function batch(address: string, from: number, count: number): readonly Outgoing[] {
    return Array.from({ length: count }, (_, i) => message(address, String(from + i)));
  }

  test("never holds more than prefetch, and holds publishers back until there is room, losing nothing", async () => {
    const messaging = await open(HELD);
    const inbox = await listen(messaging, ["a"], 3);
    let settled = 0;
    const publishing = [0, 10, 20].map(async (from) => {
      expect(await messaging.publishMany(batch("a", from, 10), CALL)).toEqual([]);
      settled += 1;
    });
    const received: string[] = [];
    for await (const page of inbox) {
      expect(page.length).toBeLessThanOrEqual(3);
      expect(settled * 10).toBeLessThanOrEqual(received.length + 6);
      received.push(...texts(page));
      if (received.length === 30) break;
    }
    await Promise.all(publishing);
    expect(received).toEqual(Array.from({ length: 30 }, (_, i) => String(i)));
  });

  test("does not hold up what is for others", async () => {
    const hub = memoryHub();
    const messaging = await open({ hub, ...HELD });
    await listen(messaging, ["stalled"], 1);
    const other = await listen(messaging, ["other"]);
    const publishing = messaging
      .publishMany([...batch("stalled", 0, 5), message("other", "x")], CALL)
      .catch(() => undefined);
    expect(await nextTexts(other[Symbol.asyncIterator]())).toEqual(["x"]);
    await messaging.close();
    await publishing;
  });

  test("that stays full for maxHoldMs refuses with RATE_LIMITED, then at once, until it is read again", async () => {
    const hub = memoryHub();
    const [messaging, patient] = [await open({ hub, maxHoldMs: 5 }), await open({ hub, ...HELD })];
    const inbox = await listen(messaging, ["a"], 1);
    const refused = { error: { code: "RATE_LIMITED", subject: "a", mayHaveApplied: false } };
    expect(await messaging.publishMany(batch("a", 0, 3), CALL)).toMatchObject([
      { index: 1, ...refused },
      { index: 2, ...refused },
    ]);
    expect(await patient.publishMany(batch("a", 3, 1), CALL)).toMatchObject([{ index: 0, ...refused }]);
    const pages = inbox[Symbol.asyncIterator]();
    await pages.next();
    expect(await messaging.publishMany(batch("a", 4, 1), CALL)).toEqual([]);
    expect(await nextTexts(pages)).toEqual(["4"]);
  });

  test("a message that another inbox on the address took may have applied", async () => {
    const messaging = await open({ maxHoldMs: 5 });
    await listen(messaging, ["a"], 1);
    await listen(messaging, ["a"], 10);
    expect(await messaging.publishMany(batch("a", 0, 2), CALL)).toMatchObject([
      { index: 1, error: { code: "RATE_LIMITED", mayHaveApplied: true } },
    ]);
  });

  test("publishing that is given up while it waits rejects with ABORTED, and delivers nothing later", async () => {
    const messaging = await open(HELD);
    const inbox = await listen(messaging, ["a"], 1);
    const controller = new AbortController();
    const publishing = messaging.publishMany(batch("a", 0, 2), { signal: controller.signal });
    const pages = inbox[Symbol.asyncIterator]();
    await messaging.publishMany([], CALL);
    controller.abort();
    await expect(publishing).rejects.toMatchObject({ code: "ABORTED", mayHaveApplied: true });
    expect(await nextTexts(pages)).toEqual(["0"]);
    await messaging.publishMany(batch("a", 7, 1), CALL);
    expect(await nextTexts(pages)).toEqual(["7"]);
  });

  test("closing it frees whoever waits, with no route", async () => {
    const messaging = await open(HELD);
    const inbox = await listen(messaging, ["a"], 1);
    const publishing = messaging.publishMany(batch("a", 0, 2), CALL);
    await messaging.publishMany([], CALL);
    await inbox[Symbol.asyncDispose]();
    expect(await publishing).toMatchObject([{ index: 1, error: { code: "NO_ROUTE" } }]);
  });
});

describe("life", () => {
  const operations: readonly (readonly [string, (messaging: MessagingBackend, call: Call) => Promise<unknown>])[] = [
    ["publishMany", (messaging, call) => messaging.publishMany([], call)],
    ["openInbox", (messaging, call) => messaging.openInbox({ prefetch: 1 }, call)],
  ];

  test.each(operations)("%s before open, and after close, rejects with CLOSED", async (name, operation) => {
    const messaging = memoryMessaging();
    await expect(operation(messaging, CALL)).rejects.toMatchObject({ code: "CLOSED", source: `memory.${name}` });
    await messaging.open({ namespace: NAMESPACE }, CALL);
    await messaging.close();
    await messaging.close();
    await expect(operation(messaging, CALL)).rejects.toMatchObject({ code: "CLOSED" });
  });

  test.each(operations)("%s with a call given up rejects with ABORTED", async (name, operation) => {
    await expect(operation(await open(), ABORTED_CALL)).rejects.toMatchObject({
      code: "ABORTED",
      source: `memory.${name}`,
      mayHaveApplied: false,
    });
  });

  test("a publish in flight when the publisher closes rejects with CLOSED", async () => {
    const messaging = await open();
    await listen(messaging, ["a"], 1);
    const publishing = messaging.publishMany([message("a"), message("a")], CALL);
    const closing = messaging.close();
    await expect(publishing).rejects.toMatchObject({ code: "CLOSED" });
    await closing;
  });

  test("an inbox of a process whose route is cut gets nothing, and all of it back when it is healed", async () => {
    const hub: MemoryHub = memoryHub();
    const faults = memoryFaults();
    const [process, other] = [await open({ hub, faults }), await open({ hub })];
    const states: string[] = [];
    const inbox = await process.openInbox({ prefetch: 9, onRoute: (state) => states.push(state) }, CALL);
    await inbox.addMany(["a", "b"], CALL);
    faults.down("route");
    expect(await other.publishMany([message("a")], CALL)).toMatchObject([{ error: { code: "NO_ROUTE" } }]);
    await expect(inbox.addMany(["c"], CALL)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    faults.up("route");
    expect(await other.publishMany([message("a", "1"), message("b", "2")], CALL)).toEqual([]);
    expect(states).toEqual(["down", "up"]);
    expect(texts(await drain(inbox))).toEqual(["1", "2"]);
  });
});
