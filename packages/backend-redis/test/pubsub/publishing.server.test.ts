/** The two ways of publishing on a real server: by transaction, and by script where that is not open. */

import { withServer } from "@muster/servers/vitest";
import type { MessagingBackend } from "@muster/core/slots";
import { freshNamespace, outcomeOf, SOON, within } from "@muster/testing";
import { message } from "@muster/testing/messaging";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { failuresOf, numbered, openMessaging, reading, tell } from "../support.ts";

/** How often each command was called since `CONFIG RESETSTAT`. */
async function calls(url: string): Promise<(command: string) => number> {
  const stats = String(await tell(url, "INFO", "commandstats"));
  return (command) => Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

async function listening(messaging: MessagingBackend, addresses: readonly string[]): Promise<readonly string[]> {
  const inbox = await messaging.openInbox({ prefetch: 10_000 }, within(5_000));
  const heard = reading(inbox);
  expect(await inbox.addMany(addresses, within(5_000))).toEqual([]);
  return heard;
}

const MIXED = [
  { address: "a", headers: { "x-kind": "first", n: "é" }, body: Buffer.from([0, 255, 13, 10]) },
  { address: "é 🚀", headers: {}, body: new Uint8Array() },
  { address: "nobody", headers: { "x-kind": "third" }, body: Buffer.from("lost") },
  { address: "a", headers: { "x-kind": "fourth" }, body: Buffer.alloc(100_000, "\u{1f600}") },
];

await withServer("redis", {}, (server) => {
  const { host, port, url } = server;

  test.each([
    ["transaction", { exec: 1, eval: 1 }],
    ["script", { exec: 0, eval: 1 }],
  ])("by %s every message arrives as it was, and who has nobody is told", async (way, expected) => {
    const namespace = freshNamespace();
    const client = new Redis({
      host,
      port,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
    });
    await using publisher = await openMessaging(way === "script" ? { client } : { url }, namespace);
    await using receiver = await openMessaging({ url }, namespace);
    const inbox = await receiver.openInbox({ prefetch: 10 }, within(5_000));
    await inbox.addMany(["a", "é 🚀"], within(5_000));
    await tell(url, "CONFIG", "RESETSTAT");
    expect(await failuresOf(publisher, MIXED)).toEqual(["2 NO_ROUTE"]);
    const count = await calls(url);
    expect({ exec: count("exec"), eval: count("eval") }).toEqual(expected);
    const heard: unknown[] = [];
    for await (const page of inbox) {
      heard.push(
        ...page.map(({ address, headers, body }) => ({ address, headers: { ...headers }, body: Buffer.from(body) })),
      );
      if (heard.length === 3) break;
    }
    expect(heard).toEqual(
      MIXED.filter(({ address }) => address !== "nobody").map((sent) => ({ ...sent, body: Buffer.from(sent.body) })),
    );
    client.disconnect();
  });

  test("batches that are published at once are answered each by itself", async () => {
    const namespace = freshNamespace();
    await using messaging = await openMessaging({ url }, namespace);
    const addresses = numbered(30);
    const heard = await listening(messaging, addresses);
    const batches = addresses.map((address, n) => [
      ...Array.from({ length: n }, () => message(address, String(n))),
      message(`nobody-${n}`, ""),
    ]);
    const failures = await Promise.all(batches.map(async (batch) => failuresOf(messaging, batch)));
    expect(failures).toEqual(batches.map((_, n) => [`${n} NO_ROUTE`]));
    await expect.poll(() => heard.length, SOON).toBe(batches.flat().length - batches.length);
  });

  test("a user who may not use transactions publishes by script", async () => {
    const namespace = freshNamespace();
    await tell(url, "ACL", "SETUSER", "plain", "reset", "on", ">secret", "~*", "&*", "+@all", "-@transaction");
    const credentials = { host, port, username: "plain", password: "secret" };
    await using messaging = await openMessaging(credentials, namespace);
    const heard = await listening(messaging, ["a"]);
    await tell(url, "CONFIG", "RESETSTAT");
    expect(await failuresOf(messaging, [message("a", "one"), message("b", "two")])).toEqual(["1 NO_ROUTE"]);
    await expect.poll(() => heard, SOON).toEqual(["a=one"]);
    expect((await calls(url))("eval")).toBe(1);
  });

  test("a user who may use them no longer publishes nothing twice, and then by script", async () => {
    const namespace = freshNamespace();
    await tell(url, "ACL", "SETUSER", "plain", "reset", "on", ">secret", "~*", "&*", "+@all");
    const credentials = { host, port, username: "plain", password: "secret" };
    await using messaging = await openMessaging(credentials, namespace);
    const heard = await listening(messaging, ["a"]);
    await tell(url, "ACL", "SETUSER", "plain", "-@transaction");
    expect(await outcomeOf(messaging.publishMany([message("a", "one")], within(5_000)))).toBe("INTERNAL?");
    expect(await failuresOf(messaging, [message("a", "two"), message("b", "")])).toEqual(["1 NO_ROUTE"]);
    await expect.poll(() => heard, SOON).toEqual(["a=one", "a=two"]);
  });

  test("a user who may not publish here is told so, and nothing is published", async () => {
    const namespace = freshNamespace();
    await using receiver = await openMessaging({ url }, namespace);
    const heard = await listening(receiver, ["a"]);
    await tell(url, "ACL", "SETUSER", "mute", "reset", "on", ">secret", "~*", "+@all");
    await using publisher = await openMessaging({ host, port, username: "mute", password: "secret" }, namespace);
    expect(await outcomeOf(publisher.publishMany([message("a", "one")], within(5_000)))).toMatch(/^PERMISSION_DENIED/);
    expect(await failuresOf(receiver, [message("a", "two")])).toEqual([]);
    await expect.poll(() => heard, SOON).toEqual(["a=two"]);
  });

  test("a server whose memory is full carries everything in order, and by transaction once there is room", async () => {
    const namespace = freshNamespace();
    await using messaging = await openMessaging({ url }, namespace);
    const addresses = numbered(2_500);
    const heard = await listening(messaging, addresses);
    const batch = addresses.map((address) => message(address, "full"));
    await tell(url, "CONFIG", "SET", "maxmemory", "1");
    expect(await failuresOf(messaging, batch)).toEqual([]);
    await expect.poll(() => heard.length, SOON).toBe(batch.length);
    expect(heard).toEqual(addresses.map((address) => `${address}=full`));
    await tell(url, "CONFIG", "SET", "maxmemory", "0");
    await tell(url, "CONFIG", "RESETSTAT");
    expect(await failuresOf(messaging, batch)).toEqual([]);
    expect((await calls(url))("exec")).toBe(3);
  });

  test("a server that has become a replica publishes nothing and says why, and is left for its master", async () => {
    const namespace = freshNamespace();
    await using messaging = await openMessaging({ url }, namespace);
    const heard = await listening(messaging, ["a"]);
    await tell(url, "REPLICAOF", "127.0.0.1", "1");
    expect(await outcomeOf(messaging.publishMany([message("a", "one"), message("b", "")], within(5_000)))).toBe(
      "UNAVAILABLE",
    );
    await tell(url, "REPLICAOF", "NO", "ONE");
    await expect.poll(() => outcomeOf(messaging.publishMany([message("b", "")], within(5_000))), SOON).toBe("fine");
    expect(await failuresOf(messaging, [message("a", "two")])).toEqual([]);
    await expect.poll(() => heard, SOON).toEqual(["a=two"]);
  });

  test("after its connection was lost it publishes by transaction again", async () => {
    const namespace = freshNamespace();
    await using messaging = await openMessaging({ url }, namespace);
    const heard = await listening(messaging, ["a"]);
    await tell(url, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await expect.poll(() => outcomeOf(messaging.publishMany([message("b", "")], within(5_000))), SOON).toBe("fine");
    await tell(url, "CONFIG", "RESETSTAT");
    expect(await failuresOf(messaging, [message("a", "one"), message("b", "")])).toEqual(["1 NO_ROUTE"]);
    await expect.poll(() => heard, SOON).toEqual(["a=one"]);
    expect((await calls(url))("exec")).toBe(1);
  });

  test("a header that is none fails its messages, and nothing of them is sent", async () => {
    const namespace = freshNamespace();
    await using messaging = await openMessaging({ url }, namespace);
    const heard = await listening(messaging, ["a"]);
    const wrong = { ...message("a", "one"), headers: { "x-kind": "two\nlines" } };
    expect(await outcomeOf(messaging.publishMany([wrong], within(5_000)))).toBe("INVALID_ARGUMENT");
    expect(await failuresOf(messaging, [message("a", "two")])).toEqual([]);
    await expect.poll(() => heard, SOON).toEqual(["a=two"]);
  });
});
