/** Pub/Sub on a real server: what the kit can't arrange. */

import { withServer } from "@muster/servers/vitest";
import { freshNamespace, SOON, within } from "@muster/testing";
import { message } from "@muster/testing/messaging";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { failuresOf, numbered, openMessaging, reading, tell } from "./support.ts";

await withServer("redis", {}, (server) => {
  const { host, port, url } = server;

  test("10,000 messages in one call are split into transactions, and each arrives once and in order", async () => {
    const namespace = freshNamespace();
    await using publisher = await openMessaging({ url }, namespace);
    await using receiver = await openMessaging({ url }, namespace);
    const inbox = await receiver.openInbox({ prefetch: 20_000 }, within(5_000));
    const heard = reading(inbox);
    const addresses = numbered(10_000);
    const silent = new Set(["address-0", "address-4999", "address-9999"]);
    expect(
      await inbox.addMany(
        addresses.filter((address) => !silent.has(address)),
        within(10_000),
      ),
    ).toEqual([]);
    await tell(url, "CONFIG", "RESETSTAT");
    const failures = await failuresOf(
      publisher,
      addresses.map((address) => message(address, address)),
    );
    expect(failures).toEqual(["0 NO_ROUTE", "4999 NO_ROUTE", "9999 NO_ROUTE"]);
    await expect.poll(() => heard.length, SOON).toBe(9_997);
    expect(heard).toEqual(
      addresses.filter((address) => !silent.has(address)).map((address) => `${address}=${address}`),
    );
    const stats = String(await tell(url, "INFO", "commandstats"));
    expect(Number(/cmdstat_exec:calls=(\d+)/.exec(stats)?.[1])).toBe(10);
    expect(stats).toContain("cmdstat_publish:calls=10000");
  });

  test("large bodies are split by their bytes, too", async () => {
    const namespace = freshNamespace();
    await using publisher = await openMessaging({ url }, namespace);
    const inbox = await publisher.openInbox({ prefetch: 100 }, within(5_000));
    const heard = reading(inbox);
    await inbox.addMany(["a"], within(5_000));
    const batch = Array.from({ length: 9 }, (_, n) => message("a", String(n).repeat(400_000)));
    await tell(url, "CONFIG", "RESETSTAT");
    expect(await failuresOf(publisher, batch)).toEqual([]);
    await expect.poll(() => heard.length, SOON).toBe(9);
    expect(heard.map((text) => text.at(-1))).toEqual(batch.map((_, n) => String(n)));
    expect(String(await tell(url, "INFO", "commandstats"))).toContain("cmdstat_exec:calls=5,");
  });

  test("databases and prefixes are worlds apart, although channels know of neither", async () => {
    const namespace = freshNamespace();
    const worlds = [
      { host, port },
      { host, port, db: 1 },
      { host, port, prefix: "other" },
      { host, port, db: 1, prefix: "other" },
    ];
    const opened = await Promise.all(worlds.map(async (options) => openMessaging(options, namespace)));
    const heard: (readonly string[])[] = [];
    for (const messaging of opened) {
      const inbox = await messaging.openInbox({ prefetch: 100 }, within(5_000));
      heard.push(reading(inbox));
      await inbox.addMany(["a"], within(5_000));
    }
    for (const [n, messaging] of opened.entries()) {
      expect(await failuresOf(messaging, [message("a", `from ${n}`)])).toEqual([]);
    }
    for (const [n, texts] of heard.entries()) await expect.poll(() => texts, SOON).toEqual([`a=from ${n}`]);
    await Promise.all(opened.map(async (messaging) => messaging.close()));
  });

  test("what somebody else publishes on a channel is no message", async () => {
    const namespace = freshNamespace();
    await using messaging = await openMessaging({ url }, namespace);
    const inbox = await messaging.openInbox({ prefetch: 100 }, within(5_000));
    const heard = reading(inbox);
    await inbox.addMany(["a"], within(5_000));
    expect(await tell(url, "PUBLISH", `muster:{${namespace}}:a`, "hello")).toBe(1);
    expect(await tell(url, "PUBLISH", `muster:{${namespace}}:a`, "\u0003\n\nfrom the future")).toBe(1);
    expect(await tell(url, "PUBLISH", `muster:{${namespace}}:a`, "\u0002\n\nby hand")).toBe(1);
    expect(await tell(url, "PUBLISH", `muster:{${namespace}}:a`, "\u0001\0\0\0\0from the past")).toBe(1);
    await expect.poll(() => heard, SOON).toEqual(["a=by hand", "a=from the past"]);
  });

  test("an inbox that nobody reads is cut off by the server, told, and live again once it is read", {
    timeout: 30_000,
  }, async () => {
    const namespace = freshNamespace();
    await tell(url, "CONFIG", "SET", "client-output-buffer-limit", "pubsub 262144 0 0");
    await using publisher = await openMessaging({ url }, namespace);
    await using receiver = await openMessaging({ url }, namespace);
    const routes: string[] = [];
    const onRoute = (state: string): void => void routes.push(state);
    const inbox = await receiver.openInbox({ prefetch: 10, onRoute }, within(5_000));
    await inbox.addMany(["a"], within(5_000));
    const body = "x".repeat(100_000);
    await expect.poll(() => failuresOf(publisher, [message("a", body)]), SOON).toEqual(["0 NO_ROUTE"]);
    await expect.poll(() => routes[0], SOON).toBe("down");
    const heard = reading(inbox);
    await expect.poll(() => routes, SOON).toEqual(["down", "up"]);
    expect(await failuresOf(publisher, [message("a", "after")])).toEqual([]);
    await expect.poll(() => heard.at(-1), SOON).toBe("a=after");
    await tell(url, "CONFIG", "SET", "client-output-buffer-limit", "pubsub 33554432 8388608 60");
  });

  test("a client that was handed in lends its settings to inboxes, whose connections end with them", async () => {
    const redis = new Redis({
      host,
      port,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
    });
    const messaging = await openMessaging({ client: redis }, freshNamespace());
    const inbox = await messaging.openInbox({ prefetch: 10 }, within(5_000));
    const heard = reading(inbox);
    await inbox.addMany(["a"], within(5_000));
    expect(await failuresOf(messaging, [message("a", "one")])).toEqual([]);
    await expect.poll(() => heard, SOON).toEqual(["a=one"]);
    const inboxes = async (): Promise<number> =>
      String(await redis.client("LIST")).split("name=muster-inbox ").length - 1;
    const before = await inboxes();
    await messaging.close();
    await expect.poll(inboxes, SOON).toBe(before - 1);
    redis.disconnect();
  });
});
