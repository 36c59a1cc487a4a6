/** What the kit can't see of the durability slot: what it leaves in the tables, and what its calls cost. */

import { withServer } from "@muster/servers/vitest";
import { entry, freshNamespace, numbered, outcomeOf, SOON, within } from "@muster/testing";
import { ack, message, settled, take, targets, TTL } from "@muster/testing/durability";
import { describe, expect, test } from "vitest";
import { postgresRegistry } from "../src/index.ts";
import { MIGRATIONS } from "../src/schema/migrations.ts";
import { openedQueues, SECOND } from "./queues/support.ts";
import { tablesOfVersion } from "./schema/former.ts";
import { optionsOf } from "./standalone.ts";
import { poolOf, tell } from "./support.ts";

const TABLES = [
  "messages",
  "pages",
  "queue",
  "attachments",
  "leases",
  "sessions",
  "outcomes",
  "dead_letters",
  "multicasts",
];

await withServer("postgres", {}, (server) => {
  const rowsIn = async (schemaName: string): Promise<Record<string, number>> => {
    const counts = TABLES.map((table) => `(select count(*) from ${schemaName}.durable_${table})`);
    const [row = []] = await tell(server, `select ${counts.join(", ")}`);
    return Object.fromEntries(TABLES.map((table, index) => [table, Number(row[index])]));
  };

  test("a payload is stored once, and a delivery is a row that is gone when it has been settled", async () => {
    await using queues = await openedQueues({ ...optionsOf(server), schemaName: "layout" });
    const identities = numbered(50);
    await queues.attachMany("s", targets(identities), within(SECOND));
    for (const part of [identities.slice(0, 25), identities.slice(20)])
      await queues.enqueueMany(message("m"), targets(part), TTL, within(SECOND));
    expect(await rowsIn("layout")).toMatchObject({ messages: 1, queue: 50, leases: 0 });
    const handed = await take(queues, "s");
    expect(await rowsIn("layout")).toMatchObject({ queue: 50, leases: 1, outcomes: 0 });
    expect(await ack(queues, handed)).toEqual([]);
    expect(await rowsIn("layout")).toMatchObject({ messages: 1, queue: 0, leases: 0, outcomes: 50 });
  });

  test("leasing rewrites no row of the queue", async () => {
    const namespace = freshNamespace();
    await using queues = await openedQueues(optionsOf(server), { namespace });
    await queues.attachMany("s", targets(["a"]), within(SECOND));
    await queues.enqueueMany(message(namespace), targets(["a"]), TTL, within(SECOND));
    const version = async (): Promise<unknown> => {
      const text = `select q.xmin, q.ctid::text from muster.durable_queue q join muster.durable_messages m using (message)
        where m.id = $1`;
      return (await tell(server, text, [namespace]))[0];
    };
    const before = await version();
    const [one] = await take(queues, "s");
    expect(one?.id).toBe(namespace);
    expect(await version()).toEqual(before);
  });

  test("nothing is left in the tables once everything has ended and its retention is over", {
    timeout: 20_000,
  }, async () => {
    const durability = { trackingRetentionMs: 100, deadLetterRetentionMs: 150 };
    await using queues = await openedQueues({ ...optionsOf(server), schemaName: "swept" }, { durability });
    const call = within(20 * SECOND);
    await queues.attachMany("s", targets(["acked", "dead", "dropped", "leased"]), call);
    const start = { message: message("m"), idempotencyKey: "k", digest: "d", filter: null, ttlMs: 300 };
    await queues.tracking?.begin(start, call);
    const all = ["acked", "dead", "dropped", "leased", "nobody"];
    await queues.enqueueMany(message("m"), targets(all), { ttlMs: 300 }, call);
    const handed = await take(queues, "s", { leaseMs: 50 });
    const receiptOf = (identity: string): string => handed.find((one) => one.identity === identity)?.receipt ?? "";
    await queues.settleMany(
      [
        { receipt: receiptOf("acked"), as: "ack" },
        { receipt: receiptOf("dead"), as: "dead", code: "REJECTED", reason: "no\0" },
      ],
      call,
    );
    await queues.dropMany(targets(["dropped"], 5), { code: "UNREGISTERED", reason: "gone" }, call);
    await queues.detachMany("s", ["acked", "dead", "leased"], call);
    await expect
      .poll(async () => {
        await queues.sweep({ limit: 2 }, call);
        return rowsIn("swept");
      }, SOON)
      .toEqual(Object.fromEntries(TABLES.map((table) => [table, 0])));
    expect(await queues.sweep({ limit: 100 }, call)).toBe(0);
  });

  test("tables of the registry alone are brought up to date under a registry that goes on", async () => {
    await tablesOfVersion(server, 1, "upgraded");
    const options = { ...optionsOf(server), schemaName: "upgraded" };
    await using registry = postgresRegistry({ ...options, migrations: "check" });
    expect(await outcomeOf(registry.open({ namespace: "n" }, within(5 * SECOND)))).toBe("CONFIG_INVALID");
    const all = await Promise.all(
      Array.from({ length: 6 }, async () => openedQueues({ ...options, maxConnections: 1 })),
    );
    await registry.open({ namespace: "n" }, within(5 * SECOND));
    await registry.setMany([entry("a")], within(SECOND));
    for (const queues of all) {
      await queues.enqueueMany(message("m"), targets(["a"]), TTL, within(SECOND));
      await queues.close();
    }
    const versions = (await tell(server, "select version from upgraded.migrations order by 1")).map(
      ([version]) => version,
    );
    expect(versions).toEqual(MIGRATIONS.map(({ version }) => version));
  });

  test("a delay goes on in another session, and the later ones of that recipient stay behind it", async () => {
    await using queues = await openedQueues(optionsOf(server));
    const call = within(20 * SECOND);
    await queues.attachMany("s", targets(["a"]), call);
    for (const id of ["1", "2"]) await queues.enqueueMany(message(id), targets(["a"]), TTL, call);
    const [one] = await take(queues, "s", { maxPerIdentity: 1 });
    await queues.settleMany([{ receipt: one?.receipt ?? "", as: "retry", delayMs: 500 }], call);
    const start = performance.now();
    await queues.attachMany("t", targets(["a"], 2), call);
    const seen: string[] = [];
    await expect
      .poll(async () => {
        const handed = await take(queues, "t");
        seen.push(...handed.map(({ id, attempt }) => `${id} attempt ${attempt}`));
        return seen.length;
      }, SOON)
      .toBe(2);
    expect(performance.now() - start).toBeGreaterThan(450);
    expect(seen).toEqual(["1 attempt 2", "2 attempt 1"]);
  });

  test("texts that would be statements are texts", async () => {
    await using queues = await openedQueues(optionsOf(server));
    const nasty = `'; drop table muster.durable_queue; -- \\ " $1 {,}(0,1)`;
    await queues.attachMany(nasty, targets([nasty]), within(SECOND));
    const start = { message: message(nasty), idempotencyKey: nasty, digest: nasty, filter: nasty, ttlMs: 1_000 };
    expect((await queues.tracking?.begin(start, within(SECOND)))?.record).toMatchObject({
      filter: nasty,
      digest: nasty,
    });
    await queues.enqueueMany(message(nasty), targets([nasty]), TTL, within(SECOND));
    const [one] = await take(queues, nasty);
    expect(one).toMatchObject({ id: nasty, identity: nasty });
    const dead = { receipt: one?.receipt ?? "", as: "dead", code: "REJECTED", reason: nasty } as const;
    expect(await queues.settleMany([dead], within(SECOND))).toEqual([]);
    expect(await queues.tracking?.counts(nasty, within(SECOND))).toEqual({ pending: 0, delivered: 0, failed: 1 });
  });

  describe("what a call costs", () => {
    /** Rows of the queue and the attachments that a statement has had in hand. */
    const readBy = async (text: string, values: unknown[]): Promise<number> => {
      const pool = poolOf(server, 1);
      const client = await pool.connect();
      const read = `select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) from pg_stat_xact_user_tables
        where relname like 'durable_%'`;
      await client.query("begin");
      await client.query(text, values);
      const { rows } = await client.query<{ sum: string | null }>(read);
      await client.query("rollback");
      client.release();
      await pool.end();
      return Number(rows[0]?.sum);
    };
    const dequeue =
      "select * from muster.lease_many((select space from muster.durable_spaces where namespace = $1), $2, $3, $4, 1000)";

    test("an idle poll is a look at nothing, whatever is attached", { timeout: 30_000 }, async () => {
      const namespace = freshNamespace();
      await using queues = await openedQueues(optionsOf(server), { namespace });
      await queues.attachMany("s", targets(numbered(10_000)), within(20 * SECOND));
      expect(await readBy(dequeue, [namespace, "s", 1_000, 16])).toBeLessThan(10);
    });

    test("a dequeue reads what it hands out, and not what others have", { timeout: 30_000 }, async () => {
      const namespace = freshNamespace();
      await using queues = await openedQueues(optionsOf(server), { namespace });
      const identities = numbered(4_000);
      await queues.attachMany("s", targets(identities.slice(0, 2_000)), within(20 * SECOND));
      await queues.attachMany("t", targets(identities.slice(2_000)), within(20 * SECOND));
      await queues.enqueueMany(message("m"), targets(identities), TTL, within(20 * SECOND));
      expect(await readBy(dequeue, [namespace, "t", 100, 16])).toBeLessThan(500);
    });

    test("a long queue that is blocked is put aside once, and then costs nothing", { timeout: 60_000 }, async () => {
      const namespace = freshNamespace();
      await using queues = await openedQueues(optionsOf(server), { namespace });
      await queues.attachMany("s", targets(["long", "other"]), within(SECOND));
      for (const id of numbered(600, "m"))
        await queues.enqueueMany(message(id), targets(["long"]), TTL, within(SECOND));
      expect(await take(queues, "s", { max: 10, maxPerIdentity: 5 })).toHaveLength(5);
      await queues.enqueueMany(message("late"), targets(["other"]), TTL, within(SECOND));
      expect((await take(queues, "s", { max: 10, maxPerIdentity: 5 })).map(({ identity }) => identity)).toEqual([
        "other",
      ]);
      expect(await readBy(dequeue, [namespace, "s", 10, 5])).toBeLessThan(100);
    });

    test("a long queue is handed out in order, a few at a time, beside those of others", {
      timeout: 60_000,
    }, async () => {
      await using queues = await openedQueues(optionsOf(server));
      const ids = numbered(500, "m");
      await queues.attachMany("s", targets(["long"]), within(SECOND));
      for (const id of ids) await queues.enqueueMany(message(id), targets(["long"]), TTL, within(SECOND));
      const seen: string[] = [];
      for (let turn = 0; seen.length < ids.length; turn += 1) {
        const handed = await take(queues, "s", { max: 20, maxPerIdentity: 7 });
        expect(handed.length).toBeGreaterThan(0);
        expect(handed.length).toBeLessThanOrEqual(7);
        // Every third time all of it comes back, in its place.
        if (turn % 3 === 0) await queues.settleMany(settled(handed, "release"), within(SECOND));
        else {
          seen.push(...handed.map(({ id }) => id));
          await ack(queues, handed);
        }
      }
      expect(seen).toEqual(ids);
    });
  });
});
