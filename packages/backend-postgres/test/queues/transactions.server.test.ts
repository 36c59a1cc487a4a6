/** Handlers whose own writes commit together with their acknowledgement. */

import { withServer } from "@muster/servers/vitest";
import { freshNamespace, outcomeOf, SOON, within } from "@muster/testing";
import { type Handed, message, settled, take, targets, TTL } from "@muster/testing/durability";
import { beforeAll, describe, expect, test } from "vitest";
import type { PostgresTransaction } from "../../src/index.ts";
import { optionsOf } from "../standalone.ts";
import { poolOf, tell } from "../support.ts";
import { openedQueues, type Queues, SECOND } from "./support.ts";

await withServer("postgres", {}, (server) => {
  beforeAll(async () => {
    await tell(server, "create table notes (key text not null, unique (key))");
  });

  const noted = async (key: string): Promise<boolean> =>
    (await tell(server, "select key from notes where key = $1", [key])).length === 1;
  const note = async (transaction: PostgresTransaction, key: string): Promise<void> => {
    expect(await transaction.query("insert into notes values ($1) returning key", [key])).toEqual({
      rows: [{ key }],
      rowCount: 1,
    });
  };
  const idle = async (): Promise<unknown> => {
    const text = "select count(*) from pg_stat_activity where state like 'idle in transaction%'";
    return (await tell(server, text))[0]?.[0];
  };
  /** One delivery, leased; its message is called as nothing else in the table. */
  const leased = async (queues: Queues): Promise<Handed> => {
    const id = freshNamespace();
    await queues.attachMany("s", targets(["a"]), within(SECOND));
    await queues.enqueueMany(message(id), targets(["a"]), TTL, within(SECOND));
    const handed = await take(queues, "s");
    const one = handed.find((each) => each.id === id);
    if (one === undefined) throw new Error("it is not handed out");
    return one;
  };
  const handle = async (
    queues: Queues,
    { id, identity, receipt }: Handed,
    work: (transaction: PostgresTransaction) => Promise<void>,
    call = within(5 * SECOND),
  ): Promise<"handled" | "duplicate" | undefined> =>
    queues.transactions?.handleOnce({ messageId: id, identity, receipt }, work, call);

  test("effects stand with the acknowledgement, and the second time nothing runs", async () => {
    await using queues = await openedQueues(optionsOf(server));
    const one = await leased(queues);
    let runs = 0;
    const work = async (transaction: PostgresTransaction): Promise<void> => {
      runs += 1;
      await note(transaction, one.id);
      expect(await noted(one.id)).toBe(false);
    };
    expect(await handle(queues, one, work)).toBe("handled");
    expect(await noted(one.id)).toBe(true);
    expect(await handle(queues, one, work)).toBe("duplicate");
    expect(runs).toBe(1);
    expect(await take(queues, "s")).toEqual([]);
  });

  test("of several that handle the same at once one runs, and the others wait for it", async () => {
    await using queues = await openedQueues(optionsOf(server));
    const one = await leased(queues);
    let runs = 0;
    const outcomes = await Promise.all(
      Array.from({ length: 4 }, async () =>
        handle(queues, one, async (transaction) => {
          runs += 1;
          await note(transaction, one.id);
        }),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === "handled")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "duplicate")).toHaveLength(3);
    expect(runs).toBe(1);
  });

  test("of more handlers than the pool has connections half of it run at once, each once, and the slot goes on", async () => {
    const pool = poolOf(server, 4);
    await using queues = await openedQueues({ pool });
    const names = Array.from({ length: 12 }, (_, index) => `many-${String(index).padStart(2, "0")}`);
    await queues.attachMany("s", targets(names), within(SECOND));
    await queues.enqueueMany(message(freshNamespace()), targets(names), TTL, within(SECOND));
    const all = await take(queues, "s");
    const begun: string[] = [];
    let running = 0;
    let most = 0;
    const handling = all.map(async (one) =>
      handle(queues, one, async (transaction) => {
        begun.push(one.identity);
        running += 1;
        most = Math.max(most, running);
        // Whatever else is to be done needs a connection, too.
        await queues.extendMany([one.receipt], 30 * SECOND, within(5 * SECOND));
        await transaction.query("select 1");
        running -= 1;
      }),
    );
    expect(await Promise.all(handling)).toEqual(names.map(() => "handled"));
    expect(most).toBe(2);
    expect(begun.toSorted()).toEqual(names);
    await queues.close();
    await pool.end();
  });

  test("who waits for a turn leaves when its call ends, and its turn goes to the next", async () => {
    const pool = poolOf(server, 2);
    await using queues = await openedQueues({ pool });
    await queues.attachMany("s", targets(["p", "q", "r"]), within(SECOND));
    await queues.enqueueMany(message(freshNamespace()), targets(["p", "q", "r"]), TTL, within(SECOND));
    const [p, q, r] = await take(queues, "s");
    if (p === undefined || q === undefined || r === undefined) throw new Error("they are not handed out");
    const caller = new AbortController();
    const first = handle(queues, p, async () => {
      caller.abort();
      await expect(second).rejects.toMatchObject({ code: "ABORTED" });
    });
    let hasRun = false;
    const second = handle(
      queues,
      q,
      async () => {
        hasRun = true;
      },
      { signal: caller.signal },
    ) as Promise<unknown>;
    const third = handle(queues, r, async () => undefined);
    expect(await Promise.all([first, third])).toEqual(["handled", "handled"]);
    expect(hasRun).toBe(false);
    await queues.close();
    await pool.end();
  });

  describe("nothing of a handler stands, and its lease goes on, when it", () => {
    test("throws; it is told its own error, and its connection serves the next", async () => {
      const pool = poolOf(server, 1);
      await using queues = await openedQueues({ pool });
      const one = await leased(queues);
      const mine = new Error("mine");
      const handling = handle(queues, one, async (transaction) => {
        await note(transaction, one.id);
        throw mine;
      });
      await expect(handling).rejects.toBe(mine);
      expect(await idle()).toBe("0");
      expect(await noted(one.id)).toBe(false);
      const { rows: connections } = await pool.query<{ pid: number }>("select pg_backend_pid() as pid");
      expect(await handle(queues, one, async (transaction) => note(transaction, one.id))).toBe("handled");
      const { rows } = await pool.query<{ pid: number }>("select pg_backend_pid() as pid");
      expect(rows).toEqual(connections);
      await queues.close();
      await pool.end();
    });

    test("fails in a statement, whose error it can read", async () => {
      await using queues = await openedQueues(optionsOf(server));
      const one = await leased(queues);
      const twice = async (transaction: PostgresTransaction): Promise<void> => {
        await note(transaction, one.id);
        await transaction.query("insert into notes values ($1)", [one.id]);
      };
      await expect(handle(queues, one, twice)).rejects.toMatchObject({ code: "23505" });
      expect(await noted(one.id)).toBe(false);
    });

    test("goes on behind a failed statement as if nothing were the matter", async () => {
      await using queues = await openedQueues(optionsOf(server));
      const one = await leased(queues);
      const careless = async (transaction: PostgresTransaction): Promise<void> => {
        await note(transaction, one.id);
        await transaction.query("select 1 / 0").catch(() => undefined);
      };
      expect(await outcomeOf(handle(queues, one, careless))).toBe("INVALID_ARGUMENT");
      expect(await noted(one.id)).toBe(false);
      expect(await handle(queues, one, async (transaction) => note(transaction, one.id))).toBe("handled");
    });

    test("has its call end meanwhile", async () => {
      await using queues = await openedQueues(optionsOf(server));
      const one = await leased(queues);
      const caller = new AbortController();
      const endless = async (transaction: PostgresTransaction): Promise<void> => {
        await note(transaction, one.id);
        caller.abort();
        await transaction.query("select pg_sleep(60)");
      };
      expect(await outcomeOf(handle(queues, one, endless, caller))).toBe("ABORTED?");
      await expect.poll(idle, SOON).toBe("0");
      expect(await noted(one.id)).toBe(false);
      expect(await handle(queues, one, async (transaction) => note(transaction, one.id))).toBe("handled");
    });

    test("loses its connection", async () => {
      await using queues = await openedQueues(optionsOf(server));
      const one = await leased(queues);
      const cut = async (transaction: PostgresTransaction): Promise<void> => {
        await note(transaction, one.id);
        const { rows } = await transaction.query("select pg_backend_pid() as pid");
        await tell(server, "select pg_terminate_backend($1)", [rows[0]?.["pid"]]);
        await transaction.query("select 1");
      };
      expect(await outcomeOf(handle(queues, one, cut))).toBe("UNAVAILABLE");
      expect(await noted(one.id)).toBe(false);
      expect(await handle(queues, one, async (transaction) => note(transaction, one.id))).toBe("handled");
    });
  });

  test("whoever attaches the identity anew waits for no handler, and what that was doing is undone", async () => {
    await using queues = await openedQueues(optionsOf(server));
    const one = await leased(queues);
    const handling = handle(queues, one, async (transaction) => {
      await note(transaction, one.id);
      await queues.attachMany("t", targets(["a"], 2), within(SECOND));
    });
    expect(await outcomeOf(handling)).toBe("FENCED");
    expect(await noted(one.id)).toBe(false);
    const [again] = await take(queues, "t");
    if (again === undefined) throw new Error("it is not handed out");
    expect(again).toMatchObject({ id: one.id, attempt: 2 });
    expect(await handle(queues, again, async (transaction) => note(transaction, one.id))).toBe("handled");
  });

  test("a receipt that has been settled, or is for something else, runs nothing", async () => {
    await using queues = await openedQueues(optionsOf(server));
    const one = await leased(queues);
    const never = async (): Promise<void> => Promise.reject(new Error("it runs"));
    expect(await outcomeOf(handle(queues, { ...one, identity: "b" }, never))).toBe("FENCED");
    expect(await outcomeOf(handle(queues, { ...one, id: "other" }, never))).toBe("FENCED");
    expect(await outcomeOf(handle(queues, { ...one, receipt: "no-such" }, never))).toBe("FENCED");
    await queues.settleMany(settled([one], "retry"), within(SECOND));
    expect(await outcomeOf(handle(queues, one, never))).toBe("FENCED");
  });

  test("a transaction that is over takes no more statements, and one that was left running is waited for", async () => {
    await using queues = await openedQueues(optionsOf(server));
    const one = await leased(queues);
    const kept: PostgresTransaction[] = [];
    const hasty = async (transaction: PostgresTransaction): Promise<void> => {
      kept.push(transaction);
      note(transaction, one.id).catch(() => undefined);
    };
    expect(await handle(queues, one, hasty)).toBe("handled");
    expect(await noted(one.id)).toBe(true);
    for (const transaction of kept) expect(await outcomeOf(transaction.query("select 1"))).toBe("CLOSED");
  });
});
