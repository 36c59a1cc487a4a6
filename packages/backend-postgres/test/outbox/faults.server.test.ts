/** Connections that end, others' locks, and calls that are given up: a code for each, and nothing half done. */

import { withServer } from "@muster/servers/vitest";
import { freshNamespace, numbered, outcomeOf, SOON, within } from "@muster/testing";
import { targets } from "@muster/testing/durability";
import { expect, test } from "vitest";
import { SECOND } from "../queues/support.ts";
import { optionsOf } from "../standalone.ts";
import { poolOf, proxyOf, tell } from "../support.ts";
import { callerOf, commit, lease, openedOutbox, record, start, type Taken, takeAll, whole } from "./support.ts";

const SPACE = "(select space from muster.durable_spaces where namespace = $1)";

/** Two pages, and then nothing until the test ends. */
async function* hanging(): AsyncGenerator<ReturnType<typeof targets>, void, undefined> {
  yield targets(numbered(30_000));
  await new Promise(() => {});
}

await withServer("postgres", {}, (server) => {
  const waiting = async (what: string): Promise<number> => {
    const text = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like $1";
    return Number((await tell(server, text, [`%${what}%`]))[0]?.[0]);
  };
  const terminate = async (what: string): Promise<void> => {
    const text =
      "select pg_terminate_backend(pid) from pg_stat_activity where query like $1 and pid <> pg_backend_pid()";
    await tell(server, text, [`%${what}%`]);
  };
  /** Holds what `text` locks, until `work` is over. */
  const holding = async (text: string, namespace: string, work: () => Promise<void>): Promise<void> => {
    const pool = poolOf(server, 1);
    const holder = await pool.connect();
    await holder.query("begin");
    await holder.query(text, [namespace]);
    await work();
    await holder.query("rollback");
    holder.release();
    await pool.end();
  };
  const LOCKED = {
    lease_shards: `select from muster.outbox_shards where space = ${SPACE} for update`,
    release_shards: `select from muster.outbox_shards where space = ${SPACE} for update`,
    settle_parcels: `select from muster.outbox_shards where space = ${SPACE} for update`,
    take_parcels: `select ${SPACE}; lock table muster.outbox_parcels`,
    expire_parcels: `select ${SPACE}; lock table muster.outbox_parcels`,
    outbox_backlog: `select ${SPACE}; lock table muster.outbox_parcels`,
  } as const;

  for (const statement of ["lease_shards", "release_shards", "settle_parcels"] as const)
    test(`a backend that is terminated in ${statement} has done nothing, and repeating it does it`, async () => {
      const namespace = freshNamespace();
      await using outbox = await openedOutbox(optionsOf(server), { namespace });
      await using caller = await callerOf(server);
      await commit(outbox, caller, "m", ["a"]);
      const leases = await lease(outbox);
      const [taken] = await takeAll(outbox, leases);
      const ask = async (): Promise<string> => {
        if (statement === "lease_shards") return outcomeOf(lease(outbox));
        if (statement === "release_shards") return outcomeOf(outbox.releaseShards("relay", within(10 * SECOND)));
        const { lease: own } = taken as Taken;
        return outcomeOf(outbox.settleMany(own, [whole(taken as Taken)], within(10 * SECOND)));
      };
      await holding(LOCKED[statement], namespace, async () => {
        const asking = ask();
        await expect.poll(async () => waiting(statement), SOON).toBe(1);
        await terminate(statement);
        expect(await asking).toBe("UNAVAILABLE?");
      });
      expect(await takeAll(outbox, leases)).toHaveLength(1);
      expect(await ask()).toBe("fine");
    });

  for (const statement of ["take_parcels", "expire_parcels", "outbox_backlog"] as const)
    test(`a backend that is terminated in ${statement} is an error that says so`, async () => {
      await using outbox = await openedOutbox(optionsOf(server));
      await using caller = await callerOf(server);
      await commit(outbox, caller, "m", ["a"]);
      const [own] = await lease(outbox);
      const ask = async (): Promise<string> => {
        const call = within(10 * SECOND);
        if (statement === "expire_parcels") return outcomeOf(outbox.sweep({ limit: 1 }, call));
        if (statement === "outbox_backlog") return outcomeOf(outbox.backlog(call));
        return outcomeOf(outbox.take(own ?? { shard: 0, lease: "0" }, { maxTargets: 1 }, call));
      };
      await caller.query("begin");
      await caller.query("lock table muster.outbox_parcels");
      const asking = ask();
      await expect.poll(async () => waiting(statement), SOON).toBe(1);
      await terminate(statement);
      expect(await asking).toBe("UNAVAILABLE?");
      await caller.query("rollback");
      expect(await ask()).toBe("fine");
    });

  test("a caller's own connection that is terminated in the middle is told as lost, and nothing was committed", async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using first = await callerOf(server);
    await using caller = await callerOf(server);
    const key = { idempotencyKey: "k" };
    await first.query("begin");
    await record(outbox, first, "first", ["a"], key);
    await caller.query("begin");
    const recording = outcomeOf(record(outbox, caller, "second", numbered(2_000), key));
    await expect.poll(async () => waiting("record_outbox"), SOON).toBe(1);
    await tell(
      server,
      "select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and query like '%record_outbox%'",
    );
    expect(await recording).toBe("UNAVAILABLE");
    expect(await outcomeOf(record(outbox, caller, "third", ["a"]))).toBe("INVALID_ARGUMENT");
    await first.query("rollback");
    expect(await takeAll(outbox, await lease(outbox))).toEqual([]);
  });

  test("a caller's own connection that is terminated between two pages, too", async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    await caller.query("begin");
    const { rows } = await caller.query<{ pid: number }>("select pg_backend_pid() as pid");
    async function* pages(): AsyncGenerator<ReturnType<typeof targets>, void, undefined> {
      yield targets(numbered(20_000));
      await tell(server, "select pg_terminate_backend($1)", [rows[0]?.pid]);
      yield targets(numbered(20_000, "other"));
    }
    expect(await outcomeOf(outbox.record(caller, start("m"), pages(), within(10 * SECOND)))).toBe("UNAVAILABLE");
    expect(await takeAll(outbox, await lease(outbox))).toEqual([]);
  });

  test("a call that is given up between two pages has written nothing, and the transaction goes on", async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    await caller.query("begin");
    const given = new AbortController();
    const recording = outcomeOf(outbox.record(caller, start("m"), hanging(), given));
    await expect
      .poll(
        async () =>
          (
            await tell(
              server,
              "select count(*) from pg_stat_activity where state = 'idle in transaction' and query like '%record_outbox%'",
            )
          )[0],
        SOON,
      )
      .toEqual(["1"]);
    given.abort();
    expect(await recording).toBe("ABORTED");
    expect(await outcomeOf(record(outbox, caller, "n", ["a"]))).toBe("fine");
    await caller.query("commit");
    const [only, ...more] = await takeAll(outbox, await lease(outbox));
    expect([only?.start.message.id, more]).toEqual(["n", []]);
  });

  test("calls that end at any moment leave all of it or nothing, and say which", { timeout: 60 * SECOND }, async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    const stands: string[] = [];
    for (const [index, id] of numbered(40, "m").entries()) {
      await caller.query("begin");
      const given = new AbortController();
      const recording = outcomeOf(outbox.record(caller, start(id), pagesOfAll(), given));
      for (let turn = 0; turn < (index * 7) % 60; turn += 1) await new Promise(setImmediate);
      given.abort();
      const outcome = await recording;
      expect(["fine", "ABORTED"]).toContain(outcome);
      if (outcome === "fine") stands.push(id);
      await record(outbox, caller, `${id} after`, ["x"]);
      await caller.query("commit");
    }
    const taken = await takeAll(outbox, await lease(outbox));
    const sizes = new Map<string, number>();
    for (const { start: its, targets: own } of taken)
      sizes.set(its.message.id, (sizes.get(its.message.id) ?? 0) + own.length);
    for (const id of numbered(40, "m")) {
      expect([id, sizes.get(id)]).toEqual([id, stands.includes(id) ? 20_000 : undefined]);
      expect(sizes.get(`${id} after`)).toBe(1);
    }
  });

  test("whoever settles behind the end of his lease because he had to wait is fenced, and has settled nothing", async () => {
    const namespace = freshNamespace();
    await using outbox = await openedOutbox(optionsOf(server), { namespace });
    await using caller = await callerOf(server);
    await commit(outbox, caller, "m", ["a"]);
    const [taken] = await takeAll(outbox, await lease(outbox, "slow", 1_000));
    const { lease: own } = taken as Taken;
    await holding(LOCKED.settle_parcels, namespace, async () => {
      const settling = outcomeOf(outbox.settleMany(own, [whole(taken as Taken)], within(20 * SECOND)));
      await expect.poll(async () => waiting("settle_parcels"), SOON).toBe(1);
      await expect
        .poll(async () => outcomeOf(outbox.take(own, { maxTargets: 1 }, within(SECOND))), SOON)
        .toBe("FENCED");
      settled.push(settling);
    });
    expect(await settled.pop()).toBe("FENCED");
    expect(await takeAll(outbox, await lease(outbox, "other"))).toHaveLength(1);
  });

  test("a reply that is lost costs one effect, and settling again finds it and is told", async () => {
    await using proxy = await proxyOf(server);
    await using outbox = await openedOutbox(optionsOf(proxy));
    await using caller = await callerOf(server);
    await commit(outbox, caller, "m", ["a"]);
    const [taken] = await takeAll(outbox, await lease(outbox));
    const { lease: own } = taken as Taken;
    proxy.dropReplies();
    expect(await outcomeOf(outbox.settleMany(own, [whole(taken as Taken)], within(500)))).toBe("ABORTED?");
    await proxy.heal();
    expect(await outbox.settleMany(own, [whole(taken as Taken)], within(10 * SECOND))).toEqual(["m"]);
  });
});

const settled: Promise<string>[] = [];

async function* pagesOfAll(): AsyncGenerator<ReturnType<typeof targets>, void, undefined> {
  for (const page of numbered(20, "page")) yield targets(numbered(1_000, page));
}
