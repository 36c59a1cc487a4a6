/** In whose transaction a multicast is recorded, and what is left of it there. */

import { withServer } from "@muster/servers/vitest";
import { freshNamespace, numbered, outcomeOf, within } from "@muster/testing";
import { message, targets, TTL } from "@muster/testing/durability";
import { Client } from "pg";
import { expect, test } from "vitest";
import { postgresOutbox } from "../../src/index.ts";
import { openedQueues, SECOND } from "../queues/support.ts";
import { optionsOf } from "../standalone.ts";
import { poolOf, tell } from "../support.ts";
import { callerOf, commit, identitiesIn, lease, openedOutbox, pagesOf, record, start, takeAll } from "./support.ts";

async function* breaking(after: number): AsyncGenerator<ReturnType<typeof targets>, void, undefined> {
  for (let page = 0; page < after; page += 1) yield targets(numbered(1_000, `page-${page}`));
  throw new RangeError("no more");
}

await withServer("postgres", {}, async (server) => {
  await tell(server, "create table public.orders (id text not null)");
  const ordered = async (id: string): Promise<number> =>
    Number((await tell(server, "select count(*) from public.orders where id = $1", [id]))[0]?.[0]);

  test("a pool, a client without a transaction, and one whose transaction has failed are refused, and nothing is written", async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    const pool = poolOf(server, 2);
    await using caller = await callerOf(server);
    const attempt = async (transaction: unknown): Promise<string> =>
      outcomeOf(record(outbox, transaction as Client, "m", ["a"]));
    expect(await attempt(pool)).toBe("INVALID_ARGUMENT");
    expect(await attempt(caller)).toBe("INVALID_ARGUMENT");
    await caller.query("begin");
    await caller.query("select 1/0").catch(() => undefined);
    expect(await attempt(caller)).toBe("INVALID_ARGUMENT");
    await caller.query("rollback");
    for (const one of [undefined, null, {}, "begin", { query: 1 }]) expect(await attempt(one)).toBe("INVALID_ARGUMENT");
    await caller.query("begin");
    await caller.query("commit");
    expect(await attempt(caller)).toBe("INVALID_ARGUMENT");
    await pool.end();
    expect(await takeAll(outbox, await lease(outbox))).toEqual([]);
  });

  test("when the recipients can't be read nothing stands in the transaction, which goes on", async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    for (const pages of [0, 1, 20, 40]) {
      const id = `order-${pages}`;
      await caller.query("begin");
      await caller.query("insert into public.orders values ($1)", [id]);
      const recording = outbox.record(caller, start(id, { idempotencyKey: id }), breaking(pages), within(20 * SECOND));
      await expect(recording).rejects.toThrow(RangeError);
      expect(await record(outbox, caller, id, ["a"], { idempotencyKey: id })).toMatchObject({ isNew: true });
      await caller.query("commit");
      expect(await ordered(id)).toBe(1);
    }
    expect((await takeAll(outbox, await lease(outbox))).map(({ start: its }) => its.message.id)).toEqual(
      [0, 1, 20, 40].map((pages) => `order-${pages}`),
    );
  });

  test("what the server refuses leaves nothing in the transaction either, nor do arguments that are wrong", async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    await caller.query("begin");
    expect(await outcomeOf(record(outbox, caller, "m", ["a"], { digest: "\0" }))).toBe("INVALID_ARGUMENT");
    expect(await outcomeOf(record(outbox, caller, "m", ["a"], { ttlMs: 0 }))).toBe("INVALID_ARGUMENT");
    expect(await outcomeOf(record(outbox, caller, "", ["a"]))).toBe("INVALID_ARGUMENT");
    expect(await outcomeOf(record(outbox, caller, "m", [...numbered(30_000), ""]))).toBe("INVALID_IDENTITY");
    const payload = new Uint8Array(outbox.traits.maxPayloadBytes + 1);
    expect(await outcomeOf(record(outbox, caller, "m", ["a"], { message: message("m", { payload }) }))).toBe(
      "PAYLOAD_TOO_LARGE",
    );
    await caller.query("commit");
    expect(await takeAll(outbox, await lease(outbox))).toEqual([]);
  });

  test("several that are recorded at once in one transaction get in nobody's way, also when one of them fails", async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    await caller.query("begin");
    const ids = numbered(8, "m");
    const recordings = ids.flatMap((id) => [
      outcomeOf(record(outbox, caller, id, numbered(3_000))),
      outcomeOf(record(outbox, caller, id, ["a"], { digest: "\0" })),
    ]);
    expect(await Promise.all(recordings)).toEqual(ids.flatMap(() => ["fine", "INVALID_ARGUMENT"]));
    await caller.query("commit");
    const taken = await takeAll(outbox, await lease(outbox));
    expect(new Set(taken.map(({ start: its }) => its.message.id))).toEqual(new Set(ids));
    expect(identitiesIn(taken)).toHaveLength(24_000);
  });

  test("savepoints of the caller are his, and what he rolls back to one is gone", async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    await caller.query("begin");
    await caller.query("savepoint muster_record");
    await record(outbox, caller, "gone", ["a"]);
    await caller.query("rollback to savepoint muster_record");
    await record(outbox, caller, "stays", ["a"]);
    await caller.query("release savepoint muster_record");
    await caller.query("commit");
    expect((await takeAll(outbox, await lease(outbox))).map(({ start: its }) => its.message.id)).toEqual(["stays"]);
  });

  test("a client that reads types in ways of its own is none the worse for it, nor is one that logs bytes differently", async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    const types = { getTypeParser: (oid: number) => (text: string | Buffer) => (oid === 25 ? text : { oid, text }) };
    const client = new Client({ connectionString: `${server.url}/postgres`, types });
    await client.connect();
    await client.query("set bytea_output to escape; set datestyle to german; set extra_float_digits to 0");
    const key = { idempotencyKey: "k" };
    const { record: first } = await commit(outbox, client, "m", numbered(20), key);
    expect(await commit(outbox, client, "n", ["a"], key)).toEqual({ isNew: false, record: first, targetCount: 20 });
    await client.end();
  });

  test("in a transaction of another isolation it is recorded, and a conflict with another one says so", async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using one = await callerOf(server);
    await using other = await callerOf(server);
    for (const level of ["repeatable read", "serializable"]) {
      const key = { idempotencyKey: level };
      for (const caller of [one, other]) {
        await caller.query(`begin isolation level ${level}`);
        await caller.query("select count(*) from public.orders"); // It sees no more than there is now.
      }
      expect(await record(outbox, one, `first ${level}`, numbered(2_000), key)).toMatchObject({ isNew: true });
      await one.query("commit");
      const conflict = record(outbox, other, `second ${level}`, ["a"], key);
      await expect(conflict).rejects.toMatchObject({ code: "UNAVAILABLE", mayHaveApplied: false });
      expect(await outcomeOf(record(outbox, other, `third ${level}`, ["a"]))).toBe("fine");
      await other.query("commit");
    }
    const known = async (id: string): Promise<boolean> => (await outbox.find(id, within(SECOND))) !== undefined;
    expect(await known("second serializable")).toBe(false);
    expect(await known("third repeatable read")).toBe(true);
  });

  test("a transaction that may not write, and one in another database, are told apart", async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    await caller.query("begin read only");
    expect(await outcomeOf(record(outbox, caller, "m", ["a"]))).toBe("UNAVAILABLE");
    await caller.query("rollback");
    await tell(server, "create database elsewhere");
    const elsewhere = new Client({ connectionString: `${server.url}/elsewhere` });
    await elsewhere.connect();
    await elsewhere.query("begin");
    expect(await outcomeOf(record(outbox, elsewhere, "m", ["a"]))).toBe("CONFIG_INVALID");
    await elsewhere.query("rollback");
    await using theirs = postgresOutbox({ ...optionsOf(server), database: "elsewhere" });
    await theirs.open({ namespace: freshNamespace() }, within(10 * SECOND));
    await elsewhere.query("begin");
    expect(await outcomeOf(record(outbox, elsewhere, "m", ["a"]))).toBe("INVALID_ARGUMENT");
    await elsewhere.query("rollback");
    await elsewhere.end();
  });

  test("what a handler records commits with its acknowledgement, and is gone when it throws", async () => {
    const namespace = freshNamespace();
    await using outbox = await openedOutbox(optionsOf(server), { namespace });
    await using queues = await openedQueues(optionsOf(server), { namespace });
    await queues.attachMany("s", targets(["a"]), within(SECOND));
    await queues.enqueueMany(message("in"), targets(["a"]), TTL, within(SECOND));
    const [leased] = await queues.dequeue(
      "s",
      { max: 1, maxPerIdentity: 1, waitMs: 0, leaseMs: 60_000 },
      within(SECOND),
    );
    const receipt = leased?.recipients[0]?.receipt ?? "";
    const leases = await lease(outbox);
    const handle = async (fails: boolean): Promise<string | undefined> =>
      queues.transactions?.handleOnce(
        { messageId: "in", identity: "a", receipt },
        async (transaction) => {
          await record(outbox, transaction, "out", numbered(100));
          if (fails) throw new RangeError("not this time");
        },
        within(10 * SECOND),
      );
    await expect(handle(true)).rejects.toThrow(RangeError);
    expect(await takeAll(outbox, leases)).toEqual([]);
    expect(await handle(false)).toBe("handled");
    expect(await handle(false)).toBe("duplicate");
    expect(identitiesIn(await takeAll(outbox, leases))).toEqual(numbered(100));
  });

  test("a transaction of a handler that is over is refused", async () => {
    const namespace = freshNamespace();
    await using outbox = await openedOutbox(optionsOf(server), { namespace });
    await using queues = await openedQueues(optionsOf(server), { namespace });
    await queues.attachMany("s", targets(["a"]), within(SECOND));
    await queues.enqueueMany(message("in"), targets(["a"]), TTL, within(SECOND));
    const [leased] = await queues.dequeue(
      "s",
      { max: 1, maxPerIdentity: 1, waitMs: 0, leaseMs: 60_000 },
      within(SECOND),
    );
    const delivery = { messageId: "in", identity: "a", receipt: leased?.recipients[0]?.receipt ?? "" };
    const late: unknown[] = [];
    await queues.transactions?.handleOnce(delivery, async (transaction) => void late.push(transaction), within(SECOND));
    expect(await outcomeOf(record(outbox, late[0] as Client, "m", ["a"]))).toBe("INVALID_ARGUMENT");
  });

  test("recording needs no connection of the outbox, so a pool that is used up by its callers holds nobody up", async () => {
    const pool = poolOf(server, 1);
    await using outbox = await openedOutbox({ pool, wake: "none" });
    const caller = await pool.connect();
    await caller.query("begin");
    const recorded = await outbox.record(caller, start("m"), pagesOf(numbered(5_000)), within(10 * SECOND));
    expect(recorded.targetCount).toBe(5_000);
    expect(await outcomeOf(outbox.backlog(within(200)))).toBe("ABORTED?");
    await caller.query("commit");
    caller.release();
    expect(await outbox.backlog(within(10 * SECOND))).toMatchObject({ deliveries: 5_000 });
    await outbox.close();
    await pool.end();
  });
});
