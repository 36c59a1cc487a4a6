/** Leases that are acknowledged as a whole, and what keeps them from it. */

import { withServer } from "@muster/servers/vitest";
import { freshNamespace, numbered, SOON, within } from "@muster/testing";
import { ack, type Handed, message, settled, take, targets, TTL } from "@muster/testing/durability";
import type { Pool } from "pg";
import { afterAll, describe, expect, test } from "vitest";
import { tablesOfVersion } from "../schema/former.ts";
import { optionsOf } from "../standalone.ts";
import { poolOf, recording, tell } from "../support.ts";
import { openedQueues, type Queues, SECOND } from "./support.ts";

const IDENTITIES = numbered(20);

/** All of one message for everyone, leased by `s`. */
async function leased(queues: Queues, ids: readonly string[] = ["m"]): Promise<readonly Handed[]> {
  await queues.attachMany("s", targets(IDENTITIES), within(SECOND));
  for (const id of ids) await queues.enqueueMany(message(id), targets(IDENTITIES), TTL, within(SECOND));
  return take(queues, "s");
}

await withServer("postgres", {}, (server) => {
  const pools: Pool[] = [];
  const recorded = (): ReturnType<typeof recording> => {
    const pool = poolOf(server);
    pools.push(pool);
    return recording(pool);
  };
  const settledBy = ({ sent }: ReturnType<typeof recording>): readonly string[] =>
    sent.flatMap(({ text }) => /^select .*"(ack_leases|ack_many)"/.exec(text)?.[1] ?? []);
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
  });

  test("a lease all of whose receipts are acknowledged is named once, in whatever order they come", async () => {
    const pool = recorded();
    await using queues = await openedQueues({ pool });
    const handed = await leased(queues, ["m", "n"]);
    expect(handed).toHaveLength(40);
    expect(await ack(queues, handed.toReversed())).toEqual([]);
    expect(settledBy(pool)).toEqual(["ack_leases"]);
    for (const id of ["m", "n"])
      expect(await queues.tracking?.counts(id, within(SECOND))).toEqual({ pending: 0, delivered: 20, failed: 0 });
    expect(await ack(queues, handed)).toEqual([]);
  });

  test("a receipt that comes twice stands for no other", async () => {
    await using queues = await openedQueues(optionsOf(server));
    const handed = await leased(queues);
    const [first, last] = [handed.slice(0, 1), handed.slice(-1)];
    expect(await ack(queues, [...handed.slice(0, -1), ...first])).toEqual([]);
    expect(await queues.tracking?.counts("m", within(SECOND))).toEqual({ pending: 1, delivered: 19, failed: 0 });
    await queues.settleMany(settled(last, "retry"), within(SECOND));
    expect(await take(queues, "s")).toMatchObject([{ identity: last[0]?.identity, attempt: 2 }]);
  });

  test.each(["attached anew", "retried", "extended", "acknowledged"])(
    "where one of it was %s the others are acknowledged one by one",
    async (what) => {
      const pool = recorded();
      await using queues = await openedQueues({ pool });
      const handed = await leased(queues);
      const one = handed.slice(7, 8);
      if (what === "attached anew") await queues.attachMany("t", targets(["id-00007"], 2), within(SECOND));
      else if (what === "retried") await queues.settleMany(settled(one, "retry"), within(SECOND));
      else if (what === "extended") await queues.extendMany([one[0]?.receipt ?? ""], 90 * SECOND, within(SECOND));
      else await ack(queues, one);
      const isOpen = what === "extended" || what === "acknowledged";
      const failures = isOpen ? [] : [{ index: 7, error: { code: "FENCED" } }];
      expect(await ack(queues, handed)).toMatchObject(failures);
      expect(settledBy(pool).slice(-2)).toEqual(["ack_leases", "ack_many"]);
      const delivered = isOpen ? 20 : 19;
      expect(await queues.tracking?.counts("m", within(SECOND))).toMatchObject({ delivered, pending: 20 - delivered });
    },
  );

  test("whoever has a row of it in hand is waited for as everybody waits, with nothing in hand that comes behind it", async () => {
    await using queues = await openedQueues(optionsOf(server));
    const handed = await leased(queues);
    const pool = recorded();
    const other = await pool.connect();
    const say = async (text: string): Promise<unknown> => other.query({ text, values: [], rowMode: "array" });
    await say("begin");
    await say("select from muster.durable_queue where identity = 'id-00011' for update");
    const acknowledging = ack(queues, handed);
    const waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'ack_many'";
    await expect.poll(async () => tell(server, waiting), SOON).toEqual([["1"]]);
    await say("select from muster.durable_queue where identity = 'id-00012' for update nowait");
    await say("commit");
    other.release();
    expect(await acknowledging).toEqual([]);
    expect(await queues.tracking?.counts("m", within(SECOND))).toMatchObject({ delivered: 20 });
  });

  describe("beside a process of the release before", () => {
    const former = (schemaName: string, namespace: string) => {
      const space = `(select space from ${schemaName}.durable_spaces where namespace = '${namespace}')`;
      return {
        dequeue: async (): Promise<readonly string[]> => {
          const rows = await tell(server, `select * from ${schemaName}.dequeue(${space}, 's', 1000, 1000, 60000)`);
          return rows.flatMap(([lease, number, , , , , , , identities, , attempts, places]) =>
            (identities as string[]).map(
              (identity, n) =>
                `${String(lease)}.${String(number)}.${(attempts as number[])[n]}${(places as string[])[n]}${identity}`,
            ),
          );
        },
        ack: async (receipts: readonly string[]): Promise<number> => {
          const parts = receipts.map((one) => /^(\d+)(?:\/\d+)?\.(\d+)\.(\d+)(\(.*?\))(.*)$/.exec(one) ?? []);
          const column = (n: number): readonly (string | undefined)[] => parts.map((part) => part[n]);
          const values = [column(1), column(2), column(5), column(3), column(4)];
          return (await tell(server, `select * from ${schemaName}.ack_many(${space}, $1, $2, $3, $4, $5)`, values))
            .length;
        },
      };
    };

    test("each settles what the other has leased, and what was leased before the tables were brought up to date", async () => {
      const [schemaName, namespace] = ["whole_leases", freshNamespace()];
      await tablesOfVersion(server, 3, schemaName);
      await tell(server, `insert into ${schemaName}.durable_spaces (namespace) values ($1)`, [namespace]);
      const old = former(schemaName, namespace);
      const space = `(select space from ${schemaName}.durable_spaces where namespace = '${namespace}')`;
      await tell(
        server,
        `select * from ${schemaName}.attach_queues(${space}, 's', $1, array_fill(1::bigint, array[20]))`,
        [IDENTITIES],
      );
      await tell(
        server,
        `select * from ${schemaName}.enqueue_many(${space}, 'm0', 'text/plain', 1, false, null, 'text', $1,
          array_fill(1::bigint, array[20]), 60000, 60000, null)`,
        [IDENTITIES],
      );
      const before = await old.dequeue();
      expect(before).toHaveLength(20);
      await using queues = await openedQueues({ ...optionsOf(server), schemaName }, { namespace });
      const acks = before.map((receipt) => ({ receipt, as: "ack" }) as const);
      expect(await queues.settleMany(acks, within(SECOND))).toEqual([]);
      const enqueue = async (id: string): Promise<unknown> =>
        queues.enqueueMany(message(id), targets(IDENTITIES), TTL, within(SECOND));
      await enqueue("m1");
      const ours = await take(queues, "s");
      expect(await old.ack(ours.map(({ receipt }) => receipt))).toBe(0);
      await enqueue("m2");
      const theirs = (await old.dequeue()).map((receipt) => ({ receipt, as: "ack" }) as const);
      expect(await queues.settleMany(theirs, within(SECOND))).toEqual([]);
      for (const id of ["m0", "m1", "m2"])
        expect([id, await queues.tracking?.counts(id, within(SECOND))]).toMatchObject([id, { delivered: 20 }]);
      expect(await tell(server, `select count(*)::int from ${schemaName}.durable_leases`)).toEqual([[0]]);
    });
  });
});
