/** Pages that are handed out and acknowledged as wholes, and what keeps them from it. */

import { setTimeout as delay } from "node:timers/promises";
import type { BatchFailure, Settlement } from "@muster/core/slots";
import { withServer } from "@muster/servers/vitest";
import { freshNamespace, numbered, SOON, within } from "@muster/testing";
import { ack, type Handed, message, settled, take, TTL } from "@muster/testing/durability";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { openedQueues, type Queues, SECOND, targets } from "./support.ts";

const CALL = within(60 * SECOND);

function failedAt(failures: readonly BatchFailure[]): readonly number[] {
  return failures.map(({ index, error }) => {
    expect(error.code).toBe("FENCED");
    return index;
  });
}

async function filled(
  queues: Queues,
  identities: readonly string[],
  ids: readonly string[] = ["m"],
): Promise<readonly Handed[]> {
  await queues.attachMany("s", targets(identities), CALL);
  for (const id of ids) await queues.enqueueMany(message(id), targets(identities, "s"), TTL, CALL);
  return take(queues, "s");
}

function identitiesOf(handed: readonly Handed[]): readonly string[] {
  return handed.map(({ identity }) => identity);
}

async function settle(queues: Queues, settlements: readonly Settlement[]): Promise<readonly number[]> {
  return failedAt(await queues.settleMany(settlements, CALL));
}

await withServer("redis", {}, ({ url }) => {
  test("all of a thousand are acknowledged, once; again is no failure, and nothing comes back", async () => {
    await using queues = await openedQueues({ url });
    const handed = await filled(queues, numbered(1_000));
    expect(identitiesOf(handed)).toEqual(numbered(1_000));
    expect(await settle(queues, [...settled(handed, "ack"), ...settled(handed, "ack")])).toEqual([]);
    expect(await settle(queues, settled(handed, "ack"))).toEqual([]);
    expect(await settle(queues, settled(handed, "retry"))).toEqual(handed.map((_, index) => index));
    expect(await queues.tracking?.counts("m", CALL)).toMatchObject({ delivered: 1_000, pending: 0 });
    expect(await take(queues, "s")).toEqual([]);
  });

  test("what comes first in a batch counts, a whole page or one of it", async () => {
    await using queues = await openedQueues({ url });
    const handed = await filled(queues, numbered(3));
    const [retry] = settled(handed.slice(0, 1), "retry");
    if (retry === undefined) throw new Error("nothing was handed out");
    expect(await settle(queues, [retry, ...settled(handed, "ack")])).toEqual([1]);
    const [again, ...others] = await take(queues, "s");
    expect([again?.identity, again?.attempt, others]).toEqual([handed[0]?.identity, 2, []]);
    const later = await filled(queues, ["x", "y"], ["n"]);
    const [late] = settled(later.slice(1), "retry");
    if (late === undefined) throw new Error("nothing was handed out");
    expect(await settle(queues, [...settled(later, "ack"), late])).toEqual([2]);
  });

  test("one of a page that was extended, given back or moved is looked at, and so are the others", async () => {
    await using queues = await openedQueues({ url });
    const identities = numbered(600);
    const handed = await filled(queues, identities);
    expect(failedAt(await queues.extendMany([handed[7]?.receipt ?? ""], 60_000, CALL))).toEqual([]);
    expect(await settle(queues, settled(handed.slice(599), "release"))).toEqual([]);
    await queues.attachMany("t", targets(identities.slice(0, 1), undefined, 2), CALL);
    expect(await take(queues, "t")).toHaveLength(1);
    expect(await settle(queues, settled(handed, "ack"))).toEqual([0, 599]);
  });

  test("many messages, some whole and some not, in one call", async () => {
    await using queues = await openedQueues({ url });
    const ids = Array.from({ length: 70 }, (_, index) => `m${index}`);
    const handed = await filled(queues, numbered(3), ids);
    expect(handed).toHaveLength(210);
    const some = handed.filter((_, index) => index % 50 !== 0);
    expect(await ack(queues, some)).toEqual([]);
    expect(await ack(queues, handed)).toEqual([]);
    for (const id of ids) expect(await queues.tracking?.counts(id, CALL)).toMatchObject({ delivered: 3, pending: 0 });
    expect(await take(queues, "s")).toEqual([]);
  });

  test("no more is handed out than is asked for, of all and of one, and the rest comes next", async () => {
    await using queues = await openedQueues({ url });
    const identities = numbered(10);
    await queues.attachMany("s", targets(identities), CALL);
    for (const id of ["1", "2", "3"]) await queues.enqueueMany(message(id), targets(identities, "s"), TTL, CALL);
    const parts: Handed[][] = [];
    for (const options of [{ max: 20 }, { max: 5 }, { maxPerIdentity: 1 }, {}]) {
      const part = [...(await take(queues, "s", options))];
      expect(await ack(queues, part)).toEqual([]);
      parts.push(part);
    }
    expect(parts.map(({ length }) => length)).toEqual([20, 5, 5, 0]);
    expect(parts.flat().map(({ id }) => id)).toEqual(["1", "2", "3"].flatMap((id) => identities.map(() => id)));
  });

  test("a lease that has ended comes back as the second, and its whole page is no longer anybody's", async () => {
    await using queues = await openedQueues({ url });
    await queues.attachMany("s", targets(numbered(20)), CALL);
    await queues.enqueueMany(message("m"), targets(numbered(20), "s"), TTL, CALL);
    const first = await take(queues, "s", { leaseMs: 20 });
    await delay(30);
    const second = await take(queues, "s");
    expect(second.map(({ attempt }) => attempt)).toEqual(first.map(() => 2));
    expect(await settle(queues, settled(first, "ack"))).toEqual(first.map((_, index) => index));
    expect(await ack(queues, second)).toEqual([]);
  });

  test("what outlives the retention of its message goes with the last acknowledgement", async () => {
    const namespace = freshNamespace();
    const durability = { trackingRetentionMs: 50, deadLetterRetentionMs: 50 };
    await using queues = await openedQueues({ url }, { namespace, durability });
    const handed = await filled(queues, numbered(5));
    const redis = new Redis(url);
    try {
      const messages = async (): Promise<number> => {
        await queues.sweep({ limit: 100 }, CALL);
        return (await redis.keys(`muster:{${namespace}}:queues:m:*`)).length;
      };
      await delay(60);
      expect(await messages()).toBe(1);
      expect(await ack(queues, handed)).toEqual([]);
      await expect.poll(messages, SOON).toBe(0);
    } finally {
      redis.disconnect();
    }
  });
});
