import type { Outgoing } from "@muster/core/slots";
import { describe, expect, test } from "vitest";
import { memoryHub, type MemoryMessagingOptions } from "../../src/index.ts";
import { CALL } from "../support.ts";
import { listen, message, nextTexts, open, texts } from "./support.ts";

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
