/** Connections that end, others' locks, and servers that take no writes: a code for each, and nothing half done. */

import { withServer } from "@muster/servers/vitest";
import { freshNamespace, numbered, outcomeOf, SOON, within } from "@muster/testing";
import { ack, message, take, targets, TTL } from "@muster/testing/durability";
import { Pool, type PoolClient } from "pg";
import { expect, test } from "vitest";
import { optionsOf } from "../standalone.ts";
import { poolOf, proxyOf, tell } from "../support.ts";
import { openedQueues, SECOND } from "./support.ts";

await withServer("postgres", {}, (server) => {
  const waiting = async (what: string): Promise<unknown> => {
    const text = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like $1";
    return (await tell(server, text, [`%${what}%`]))[0]?.[0];
  };
  /** Holds what `text` locks, until `work` is over. */
  const holding = async (
    text: string,
    values: unknown[],
    work: (holder: PoolClient) => Promise<void>,
  ): Promise<void> => {
    const pool = poolOf(server, 1);
    const holder = await pool.connect();
    await holder.query("set deadlock_timeout = '60s'; begin");
    await holder.query(text, values);
    await work(holder);
    await holder.query("rollback");
    holder.release();
    await pool.end();
  };
  const rowOf = `select from muster.durable_queue q join muster.durable_spaces s using (space)
    where s.namespace = $1 and q.identity = $2 for update of q`;

  test("a backend that is terminated in the middle of enqueueing leaves nothing, and the repetition makes one of each", async () => {
    const namespace = freshNamespace();
    await using queues = await openedQueues(optionsOf(server), { namespace });
    const identities = numbered(100);
    await queues.attachMany("s", targets(identities), within(SECOND));
    const enqueue = async (): Promise<string> =>
      outcomeOf(queues.enqueueMany(message("m"), targets(identities), TTL, within(10 * SECOND)));
    const early = `insert into muster.durable_queue (message, seq, expires_at, epoch, space, identity)
      select m.message, 0, 0, 1, s.space, $2 from muster.durable_spaces s join muster.durable_messages m using (space)
      where s.namespace = $1`;
    await queues.enqueueMany(message("m"), targets(["other"]), TTL, within(SECOND));
    await holding(early, [namespace, identities[50]], async () => {
      const enqueueing = enqueue();
      await expect.poll(async () => waiting("enqueue_many"), SOON).toBe("1");
      await tell(
        server,
        "select pg_terminate_backend(pid) from pg_stat_activity where query like '%enqueue_many%' and pid <> pg_backend_pid()",
      );
      expect(await enqueueing).toBe("UNAVAILABLE?");
    });
    expect(await take(queues, "s")).toEqual([]);
    expect([await enqueue(), await enqueue()]).toEqual(["fine", "fine"]);
    expect((await take(queues, "s")).map(({ identity }) => identity)).toEqual(identities);
  });

  test("whoever is the victim of a deadlock is told to try again, and nothing of his batch was done", async () => {
    const namespace = freshNamespace();
    await using queues = await openedQueues(optionsOf(server), { namespace });
    await queues.attachMany("s", targets(["a", "b", "c"]), within(SECOND));
    await queues.enqueueMany(message("m"), targets(["a", "b", "c"]), TTL, within(SECOND));
    const handed = await take(queues, "s");
    await holding(rowOf, [namespace, "c"], async (holder) => {
      const settling = queues.settleMany(
        handed.map(({ receipt }) => ({ receipt, as: "ack" }) as const),
        within(20 * SECOND),
      );
      const outcome = settling.then(
        () => undefined,
        (error: unknown) => error,
      );
      await expect.poll(async () => waiting("ack_many"), SOON).toBe("1");
      await holder.query(rowOf, [namespace, "a"]);
      expect(await outcome).toMatchObject({ code: "UNAVAILABLE", retryable: true, mayHaveApplied: false });
    });
    expect(await queues.tracking?.counts("m", within(SECOND))).toMatchObject({ pending: 3, delivered: 0 });
    expect(await ack(queues, handed)).toEqual([]);
  });

  test("a call that ends while it waits for a lock rejects at once, and has done nothing when the lock is free", async () => {
    const namespace = freshNamespace();
    await using queues = await openedQueues(optionsOf(server), { namespace });
    await queues.attachMany("s", targets(["a"]), within(SECOND));
    await queues.enqueueMany(message("m"), targets(["a"]), TTL, within(SECOND));
    const handed = await take(queues, "s");
    await holding(rowOf, [namespace, "a"], async () => {
      const caller = new AbortController();
      const settling = outcomeOf(queues.settleMany([{ receipt: handed[0]?.receipt ?? "", as: "ack" }], caller));
      await expect.poll(async () => waiting("ack_many"), SOON).toBe("1");
      caller.abort();
      expect(await settling).toBe("ABORTED?");
      await expect.poll(async () => waiting("ack_many"), SOON).toBe("0");
    });
    expect(await queues.tracking?.counts("m", within(SECOND))).toMatchObject({ pending: 1, delivered: 0 });
    expect(await ack(queues, handed)).toEqual([]);
  });

  test("a reply that is lost costs one effect, and settling again finds it", async () => {
    await using proxy = await proxyOf(server);
    await using queues = await openedQueues(optionsOf(proxy));
    await queues.attachMany("s", targets(["a"]), within(SECOND));
    await queues.enqueueMany(message("m"), targets(["a"]), TTL, within(SECOND));
    const handed = await take(queues, "s");
    const cut = proxy.cutAfterRequest((request) => Buffer.from(request).includes("ack_many"));
    expect(await outcomeOf(ack(queues, handed))).toBe("UNAVAILABLE?");
    await cut;
    await expect.poll(async () => outcomeOf(ack(queues, handed)), SOON).toBe("fine");
    expect(await queues.tracking?.counts("m", within(SECOND))).toMatchObject({ pending: 0, delivered: 1 });
  });

  test("a connection that takes no writes is refused them, for certain", async () => {
    const pool = new Pool({ ...optionsOf(server), max: 1 });
    await using queues = await openedQueues({ pool });
    await pool.query("set default_transaction_read_only to on");
    const call = within(SECOND);
    expect(await outcomeOf(queues.enqueueMany(message("m"), targets(["a"]), TTL, call))).toBe("UNAVAILABLE");
    expect(await outcomeOf(queues.attachMany("s", targets(["a"]), call))).toBe("UNAVAILABLE");
    expect(await outcomeOf(queues.dequeue("s", { max: 1, maxPerIdentity: 1, waitMs: 0, leaseMs: 100 }, call))).toBe(
      "fine",
    );
    await queues.close();
    await pool.end();
  });

  test("a pool without a free connection keeps nobody longer than his call", async () => {
    const pool = poolOf(server, 1);
    await using queues = await openedQueues({ pool });
    const taken = await pool.connect();
    const calls = [
      queues.enqueueMany(message("m"), targets(["a"]), TTL, within(100)),
      queues.dequeue("s", { max: 1, maxPerIdentity: 1, waitMs: 0, leaseMs: 100 }, within(100)),
    ];
    for (const call of calls) expect(await outcomeOf(call)).toBe("ABORTED?");
    taken.release();
    await queues.attachMany("s", targets(["a"]), within(SECOND));
    expect(await take(queues, "s")).toEqual([]);
    await queues.close();
    await pool.end();
  });
});
