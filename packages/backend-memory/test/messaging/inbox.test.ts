import { describe, expect, test } from "vitest";
import { CALL } from "../support.ts";
import { drain, listen, message, nextTexts, open, texts } from "./support.ts";

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
