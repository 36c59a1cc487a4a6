/** Long queues: what lies in the way of others, and lanes that are too long to be looked through. */

import { withServer } from "@muster/servers/vitest";
import { numbered, within } from "@muster/testing";
import { ack, message, settled, take, TTL } from "@muster/testing/durability";
import { expect, test } from "vitest";
import { openedQueues, type Queues, SECOND, drain, targets } from "./support.ts";

/** More than is looked at of a lane. */
const MANY = 1_300;

async function enqueueEach(queues: Queues, ids: readonly string[], identities: readonly string[]): Promise<void> {
  for (const id of ids) await queues.enqueueMany(message(id), targets(identities, "s"), TTL, within(20 * SECOND));
}

await withServer("redis", {}, (server) => {
  const { url } = server;

  test("whoever is slow, with a long queue, leaves room for others", { timeout: 60_000 }, async () => {
    await using queues = await openedQueues({ url });
    const call = within(50 * SECOND);
    await queues.attachMany("s", targets(["slow", "other"]), call);
    const ids = numbered(MANY, "m");
    await enqueueEach(queues, ids, ["slow"]);
    const [held] = await take(queues, "s", { max: 1 });
    if (held === undefined) throw new Error("it is not handed out");
    await enqueueEach(queues, ["late"], ["other"]);
    const others = await take(queues, "s", { maxPerIdentity: 1 });
    expect(others.map(({ id, identity }) => [id, identity])).toEqual([["late", "other"]]);
    await enqueueEach(queues, ["last"], ["slow"]);
    expect(await ack(queues, [held, ...others])).toEqual([]);
    const handed = (await drain(queues, "s")).map(({ id }) => id);
    expect(handed).toEqual([...ids.slice(1), "last"]);
  });

  test("a session's long backlog is handed to whoever its identities are attached to next, in order", {
    timeout: 60_000,
  }, async () => {
    await using queues = await openedQueues({ url });
    const call = within(50 * SECOND);
    const identities = numbered(40);
    await queues.attachMany("s", targets(identities), call);
    const ids = numbered(100, "m");
    await enqueueEach(queues, ids, identities);
    const held = await take(queues, "s", { max: 30 });
    expect(held.every(({ id }) => id === ids[0])).toBe(true);
    await queues.attachMany("t", targets(identities.slice(0, 20), undefined, 2), call);
    await queues.detachMany("s", identities.slice(20), call);
    expect(await drain(queues, "s")).toEqual([]);
    expect(await ack(queues, held)).toHaveLength(held.length);
    await queues.attachMany("t", targets(identities.slice(20), undefined, 2), call);
    const handed = await drain(queues, "t");
    for (const identity of identities) {
      const own = handed.filter((one) => one.identity === identity);
      expect(own.map(({ id }) => id)).toEqual(ids);
      // Of those that "s" held the leases of the first twenty counted; the others were released.
      expect(own[0]?.attempt).toBe(identities.indexOf(identity) < 20 ? 2 : 1);
    }
  });

  test("whom a page is for is looked at again when one of them is attached elsewhere, detached or dropped", async () => {
    await using queues = await openedQueues({ url });
    const call = within(20 * SECOND);
    const identities = numbered(50);
    await queues.attachMany("s", targets(identities), call);
    await enqueueEach(queues, ["1", "2"], identities);
    expect(await drain(queues, "s")).toHaveLength(100);
    const [moved = "", gone = "", dropped = "", ...others] = identities;
    await queues.attachMany("t", targets([moved]), call);
    await queues.detachMany("s", [gone], call);
    await enqueueEach(queues, ["3"], identities);
    await queues.dropMany(targets([dropped]), { code: "UNREGISTERED", reason: "gone" }, call);
    const failures = await queues.enqueueMany(message("4"), targets(identities, "s"), TTL, call);
    expect(failures.map(({ index, error }) => [index, error.code])).toEqual([[2, "UNREGISTERED"]]);
    const handed = (await drain(queues, "s")).map(({ identity }) => identity);
    expect(new Set(handed)).toEqual(new Set(others));
    expect((await drain(queues, "t")).map(({ id, identity }) => [id, identity])).toEqual([
      ["3", moved],
      ["4", moved],
    ]);
    await queues.attachMany("s", targets([gone]), call);
    expect((await drain(queues, "s")).map(({ id }) => id)).toEqual(["3", "4"]);
  });

  test("a queue is full exactly at its quota, in a lane or beside it", { timeout: 60_000 }, async () => {
    const durability = { maxQueued: 70, trackingRetentionMs: 600_000, deadLetterRetentionMs: 600_000 };
    await using queues = await openedQueues({ url }, { durability });
    const call = within(50 * SECOND);
    await queues.attachMany("s", targets(["a", "b"]), call);
    const codesOf = async (id: string): Promise<readonly unknown[]> => {
      const failures = await queues.enqueueMany(message(id), targets(["a", "b"], "s"), TTL, call);
      return failures.map(({ index, error }) => [index, error.code]);
    };
    await enqueueEach(queues, numbered(5, "a"), ["a"]);
    for (const id of numbered(65, "m")) expect(await codesOf(id)).toEqual([]);
    for (const id of numbered(5, "n")) expect(await codesOf(id)).toEqual([[0, "QUEUE_FULL"]]);
    expect(await codesOf("o")).toEqual([
      [0, "QUEUE_FULL"],
      [1, "QUEUE_FULL"],
    ]);
    const handed = await take(queues, "s", { max: 2, maxPerIdentity: 1 });
    expect(await queues.settleMany(settled(handed, "release"), call)).toEqual([]);
    expect(await codesOf("p")).toHaveLength(2);
    expect(await ack(queues, await take(queues, "s", { maxPerIdentity: 1 }))).toEqual([]);
    expect(await codesOf("p")).toEqual([]);
  });

  test("what is dropped is dropped whole, however much it is", { timeout: 60_000 }, async () => {
    await using queues = await openedQueues({ url });
    const call = within(50 * SECOND);
    await queues.attachMany("s", targets(["a"]), call);
    await enqueueEach(queues, numbered(MANY, "m"), ["a"]);
    await queues.dropMany(targets(["a"]), { code: "UNREGISTERED", reason: "gone" }, call);
    let letters = 0;
    for await (const page of queues.deadLetters?.list({ pageSize: 1_000 }, call) ?? []) letters += page.length;
    expect(letters).toBe(MANY);
    await queues.attachMany("s", targets(["a"], undefined, 2), call);
    expect(await drain(queues, "s")).toEqual([]);
  });

  test("leases of thousands end, and are taken again, in order", { timeout: 60_000 }, async () => {
    await using queues = await openedQueues({ url });
    const call = within(50 * SECOND);
    const identities = numbered(3_000);
    await queues.attachMany("s", targets(identities), call);
    await enqueueEach(queues, ["1", "2"], identities);
    expect(await take(queues, "s", { leaseMs: 10, maxPerIdentity: 1 })).toHaveLength(3_000);
    const drained = await drain(queues, "s", (count) => count === 6_000);
    const again = drained.map(({ id, attempt }) => `${id} ${attempt}`);
    expect(again.filter((one) => one === "1 2")).toHaveLength(3_000);
    expect(again.filter((one) => one === "2 1")).toHaveLength(3_000);
  });
});
