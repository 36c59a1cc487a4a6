/** Keys of the queues that somebody else has deleted, or written to. */

import { isMusterError, type MulticastStart } from "@muster/core/slots";
import { withServer } from "@muster/servers/vitest";
import { freshNamespace, numbered, within } from "@muster/testing";
import { message, settled, take, TTL } from "@muster/testing/durability";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { drain, openedQueues, type Queues, SECOND, targets } from "./support.ts";

const IDENTITIES = numbered(6);
const CODES = ["fine", "INTERNAL"];

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "fine";
  } catch (error) {
    if (!isMusterError(error)) throw error;
    return error.code;
  }
}

function startOf(id: string): MulticastStart {
  return { message: message(id), idempotencyKey: "k", digest: "d", filter: null, ttlMs: 600_000 };
}

/** Something of every kind: in a lane, leased, parked, asleep, dead, dropped. */
async function fill(queues: Queues): Promise<void> {
  const call = within(10 * SECOND);
  await queues.attachMany("s", targets(IDENTITIES), call);
  await queues.tracking?.begin(startOf("1"), call);
  await queues.enqueueMany(message("1"), targets(IDENTITIES, "s"), TTL, call);
  const [asleep, dead, leased] = await take(queues, "s", { max: 3 });
  if (asleep === undefined || dead === undefined || leased === undefined) throw new Error("they are not handed out");
  const settlements = [
    { receipt: asleep.receipt, as: "retry", delayMs: 60_000 },
    { receipt: dead.receipt, as: "dead", code: "REJECTED", reason: "no" },
  ] as const;
  await queues.settleMany(settlements, call);
  await queues.enqueueMany(message("2"), targets([...IDENTITIES, "nobody"], "s"), TTL, call);
  await queues.dropMany(targets(["gone"]), { code: "UNREGISTERED", reason: "gone" }, call);
}

/** All that a slot can be asked, one after the other, and its code. */
async function askAll(queues: Queues): Promise<readonly string[]> {
  const call = within(10 * SECOND);
  const letters = async (): Promise<void> => {
    for await (const _ of queues.deadLetters?.list({ pageSize: 10 }, call) ?? []) continue;
  };
  const tracked = async (): Promise<void> => {
    for await (const _ of queues.tracking?.deliveries("1", { pageSize: 10 }, call) ?? []) continue;
  };
  const handed = async (): Promise<void> => {
    const some = await take(queues, "s");
    await queues.extendMany(
      some.map(({ receipt }) => receipt),
      60_000,
      call,
    );
    await queues.settleMany(settled(some, "retry"), call);
  };
  const steps: readonly (() => Promise<unknown> | undefined)[] = [
    () => queues.sweep({ limit: 100 }, call),
    handed,
    () => queues.enqueueMany(message("3"), targets([...IDENTITIES, "nobody"], "s"), TTL, call),
    handed,
    letters,
    tracked,
    () => queues.tracking?.begin(startOf("4"), call),
    () => queues.tracking?.counts("1", call),
    () => queues.tracking?.find("1", call),
    () => queues.deadLetters?.redriveMany([{ identity: IDENTITIES[1] ?? "", messageId: "1" }], TTL, call),
    () => queues.detachMany("s", IDENTITIES.slice(0, 2), call),
    () => queues.attachMany("t", targets(IDENTITIES, undefined, 2), call),
    () => queues.dropMany(targets(IDENTITIES, undefined, 3), { code: "UNREGISTERED", reason: "gone" }, call),
  ];
  const codes: string[] = [];
  for (const step of steps) codes.push(await codeOf(Promise.resolve(step())));
  return codes;
}

await withServer("redis", {}, ({ url }) => {
  const harms = {
    "deletes it": async (redis: Redis, key: string) => redis.del(key),
    "makes something else of it": async (redis: Redis, key: string) =>
      redis.multi().del(key).xadd(key, "*", "a", "b").exec(),
  };

  test.each(["deletes it", "makes something else of it"] as const)(
    "whichever key it is, if somebody %s every call ends, with a code, and without all keys it begins anew",
    { timeout: 60_000 },
    async (harm) => {
      const redis = new Redis(url);
      try {
        const pattern = (namespace: string): string => `muster:{${namespace}}:queues:*`;
        const count = await (async () => {
          const namespace = freshNamespace();
          await using queues = await openedQueues({ url }, { namespace });
          await fill(queues);
          return (await redis.keys(pattern(namespace))).length;
        })();
        const seen: string[] = [];
        for (let index = 0; index < count; index += 1) {
          const namespace = freshNamespace();
          await using queues = await openedQueues({ url }, { namespace });
          await fill(queues);
          const keys = (await redis.keys(pattern(namespace))).toSorted();
          const key = keys[index] ?? "";
          seen.push((key.split(":queues:")[1] ?? "").replace(/\d+/, ""));
          await harms[harm](redis, key);
          const codes = await askAll(queues);
          expect({ key, codes: codes.filter((code) => !CODES.includes(code)) }).toEqual({ key, codes: [] });
          if (harm === "makes something else of it")
            expect({ key, codes }).toEqual({ key, codes: expect.arrayContaining(["INTERNAL"]) });
          await redis.unlink(...(await redis.keys(pattern(namespace))));
          await queues.attachMany("s", targets(IDENTITIES), within(SECOND));
          await queues.enqueueMany(message("1"), targets(IDENTITIES, "s"), TTL, within(SECOND));
          expect((await drain(queues, "s")).map(({ identity }) => identity)).toEqual(IDENTITIES);
        }
        expect(seen).toEqual(
          expect.arrayContaining(["attached", "lane:s", "letters", "m:", "numbers", "parked", "sleeping:s"]),
        );
      } finally {
        redis.disconnect();
      }
    },
  );

  test("who waits behind a message that somebody has deleted is handed the next one", async () => {
    const namespace = freshNamespace();
    await using queues = await openedQueues({ url }, { namespace });
    const call = within(5 * SECOND);
    await queues.enqueueMany(message("1"), targets(["a", "b"]), TTL, call);
    const redis = new Redis(url);
    const [first = ""] = await redis.keys(`muster:{${namespace}}:queues:m:*`);
    await queues.enqueueMany(message("2"), targets(["a"]), TTL, call);
    await redis.del(first);
    redis.disconnect();
    await queues.attachMany("s", targets(["a", "b"]), call);
    expect((await drain(queues, "s")).map(({ id, identity }) => [id, identity])).toEqual([["2", "a"]]);
    await queues.enqueueMany(message("3"), targets(["b"], "s"), TTL, call);
    expect((await drain(queues, "s")).map(({ id, identity }) => [id, identity])).toEqual([["3", "b"]]);
  });
});
