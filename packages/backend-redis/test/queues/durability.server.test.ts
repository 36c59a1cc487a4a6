/** What the kit can't see of the durability slot: what it leaves in Redis, and what happens when that is gone. */

import { withServer } from "@muster/servers/vitest";
import { freshNamespace, numbered, SOON, within } from "@muster/testing";
import { ack, message, settled, take, TTL } from "@muster/testing/durability";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { tell } from "../support.ts";
import { drain, openedQueues, SECOND, targets } from "./support.ts";

const SESSIONS = ["s0", "s1", "s2", "s3"];

await withServer("redis", {}, (server) => {
  const { url } = server;
  const keysOf = async (namespace: string): Promise<readonly string[]> => {
    const redis = new Redis(url);
    try {
      return (await redis.keys(`muster:{${namespace}}:queues:*`))
        .map((key) => key.split(":queues:")[1] ?? "")
        .toSorted();
    } finally {
      redis.disconnect();
    }
  };

  test("no key is any identity's, however many there are", { timeout: 30_000 }, async () => {
    const namespace = freshNamespace();
    await using queues = await openedQueues({ url }, { namespace });
    const identities = numbered(10_000);
    const call = within(20 * SECOND);
    for (const [index, session] of SESSIONS.entries())
      await queues.attachMany(session, targets(identities.filter((_, n) => n % 4 === index)), call);
    const fixed = ["attached"];
    expect(await keysOf(namespace)).toEqual([...fixed, ...SESSIONS.map((session) => `plain:${session}`)]);
    const all = identities.map((identity, n) => ({ identity, epoch: 1, session: SESSIONS[n % 4] }));
    await queues.enqueueMany(message("m"), [...all.slice(1), { identity: "nobody", epoch: 1 }], TTL, call);
    const messages = (await keysOf(namespace)).filter((key) => key.startsWith("m:"));
    const stored = ["expiring", "ids", "known", ...messages, "numbers", "parked"];
    const attached = ["versions", ...SESSIONS.map((session) => `plain:${session}`)];
    const lanes = [...SESSIONS.map((session) => `lane:${session}`), ...attached];
    expect(await keysOf(namespace)).toEqual([...fixed, ...stored, ...lanes].toSorted());
    expect(messages).toHaveLength(1);
    for (const session of SESSIONS) expect(await ack(queues, await take(queues, session))).toEqual([]);
    expect(await keysOf(namespace)).toEqual([...fixed, ...stored, ...attached, "sessions"].toSorted());
  });

  test("nothing is left once everything has ended and its retention is over", { timeout: 20_000 }, async () => {
    const namespace = freshNamespace();
    const durability = { trackingRetentionMs: 100, deadLetterRetentionMs: 150 };
    await using queues = await openedQueues({ url }, { namespace, durability });
    const call = within(20 * SECOND);
    await queues.attachMany("s", targets(["acked", "dead", "dropped", "leased", "retried"]), call);
    const start = { message: message("m"), idempotencyKey: "k", digest: "d", filter: null, ttlMs: 300 };
    await queues.tracking?.begin(start, call);
    const all = ["acked", "dead", "dropped", "leased", "nobody", "retried"];
    await queues.enqueueMany(message("m"), targets(all, "s"), { ttlMs: 300 }, call);
    const handed = await take(queues, "s", { leaseMs: 50 });
    const receiptOf = (identity: string): string => handed.find((one) => one.identity === identity)?.receipt ?? "";
    const settlements = [
      { receipt: receiptOf("acked"), as: "ack" },
      { receipt: receiptOf("dead"), as: "dead", code: "REJECTED", reason: "no\0" },
      { receipt: receiptOf("retried"), as: "retry", delayMs: 60_000 },
    ] as const;
    expect(await queues.settleMany(settlements, call)).toEqual([]);
    await queues.dropMany(targets(["dropped"], undefined, 5), { code: "UNREGISTERED", reason: "gone" }, call);
    await queues.detachMany("s", ["acked", "dead", "retried"], call);
    const left = async (): Promise<readonly string[]> => {
      await queues.sweep({ limit: 100 }, call);
      return (await keysOf(namespace)).filter((key) => key !== "numbers");
    };
    await expect.poll(left, SOON).toEqual(["attached", "plain:s"]);
    await queues.detachMany("s", ["leased"], call);
    expect(await left()).toEqual([]);
  });

  test("scripts that the server has forgotten are sent again", async () => {
    await using queues = await openedQueues({ url });
    await queues.attachMany("s", targets(["a"]), within(SECOND));
    for (const id of ["1", "2"]) {
      await tell(url, "SCRIPT", "FLUSH");
      await queues.enqueueMany(message(id), targets(["a"], "s"), TTL, within(SECOND));
    }
    await tell(url, "SCRIPT", "FLUSH");
    const handed = await take(queues, "s");
    await tell(url, "SCRIPT", "FLUSH");
    expect(await ack(queues, handed)).toEqual([]);
    expect(handed.map(({ id }) => id)).toEqual(["1", "2"]);
  });

  test("after a FLUSHALL what was held is fenced, and what is attached and enqueued anew is handed out", async () => {
    await using queues = await openedQueues({ url });
    const call = within(5 * SECOND);
    await queues.attachMany("s", targets(["a", "b"]), call);
    await queues.enqueueMany(message("m"), targets(["a", "b"], "s"), TTL, call);
    const held = await take(queues, "s", { max: 1 });
    await tell(url, "FLUSHALL");
    expect(await take(queues, "s")).toEqual([]);
    expect(await ack(queues, held)).toMatchObject([{ index: 0, error: { code: "FENCED" } }]);
    expect(await queues.sweep({ limit: 10 }, call)).toBe(0);
    // The same message: nobody knows it any more, though this client has seen it stored.
    expect(await queues.enqueueMany(message("m"), targets(["a", "b"], "s"), TTL, call)).toEqual([]);
    expect(await take(queues, "s")).toEqual([]);
    expect(await queues.attachMany("s", targets(["a", "b"]), call)).toEqual([]);
    const again = await take(queues, "s");
    expect(again.map(({ identity, attempt }) => [identity, attempt])).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
    expect(await ack(queues, held)).toHaveLength(1);
    expect(await ack(queues, again)).toEqual([]);
  });

  test("an answer has no more payloads than a connection takes well, and the others come next", async () => {
    await using queues = await openedQueues({ url });
    const call = within(20 * SECOND);
    const payload = Buffer.alloc(queues.traits.maxPayloadBytes, 7);
    await queues.attachMany("s", targets(["a"]), call);
    const ids = numbered(12, "m");
    for (const id of ids) await queues.enqueueMany(message(id, { payload }), targets(["a"], "s"), TTL, call);
    const first = await take(queues, "s");
    expect(first.length).toBeLessThan(ids.length);
    expect(await ack(queues, first)).toEqual([]);
    const handed = [...first, ...(await drain(queues, "s"))];
    expect(handed.map(({ id }) => id)).toEqual(ids);
  });

  test("a full server takes no more messages, and hands out and settles what it has", { timeout: 20_000 }, async () => {
    await using queues = await openedQueues({ url });
    const call = within(10 * SECOND);
    await queues.attachMany("s", targets(["a", "b"]), call);
    await queues.enqueueMany(message("1"), targets(["a", "b"], "s"), TTL, call);
    await tell(url, "CONFIG", "SET", "maxmemory", 1);
    try {
      const full = queues.enqueueMany(message("2"), targets(["a"], "s"), TTL, call);
      await expect(full).rejects.toMatchObject({ code: "UNAVAILABLE", mayHaveApplied: false });
      const [a, b] = await take(queues, "s");
      if (a === undefined || b === undefined) throw new Error("they are not handed out");
      expect(await queues.settleMany([...settled([a], "ack"), ...settled([b], "retry")], call)).toEqual([]);
      expect(await ack(queues, await take(queues, "s"))).toEqual([]);
    } finally {
      await tell(url, "CONFIG", "SET", "maxmemory", 0);
    }
    expect(await drain(queues, "s")).toEqual([]);
  });

  test("what is refused in the middle because the server is full is enqueued once by who sends it again", {
    timeout: 30_000,
  }, async () => {
    await using queues = await openedQueues({ url });
    const call = within(20 * SECOND);
    const identities = numbered(10_000, "x".repeat(200));
    await queues.attachMany("s", targets(identities), call);
    const enqueue = async (): Promise<unknown> => queues.enqueueMany(message("m"), targets(identities, "s"), TTL, call);
    const used = /used_memory:(\d+)/.exec(String(await tell(url, "INFO", "memory")))?.[1];
    await tell(url, "CONFIG", "SET", "maxmemory", Number(used) + 1_000_000);
    try {
      await expect(enqueue()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    } finally {
      await tell(url, "CONFIG", "SET", "maxmemory", 0);
    }
    expect(await enqueue()).toEqual([]);
    const handed = (await drain(queues, "s")).map(({ identity }) => identity);
    expect(handed.toSorted()).toEqual(identities);
    expect(await queues.tracking?.counts("m", call)).toEqual({ pending: 0, delivered: identities.length, failed: 0 });
  });
});
