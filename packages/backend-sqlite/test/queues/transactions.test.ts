/** Handlers' own writes, and who waits for them. */

import type { Worker } from "node:worker_threads";
import { freshNamespace, outcomeOf, SOON, within } from "@muster/testing";
import { type Handed, message, settled, take, targets, TTL } from "@muster/testing/durability";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SqliteTransaction } from "../../src/index.ts";
import { filePlace } from "./file-place.ts";
import { openedQueues, type Queues, SECOND } from "./support.ts";

const place = filePlace();
const { noted, note, leased, handle } = place;

beforeAll(async () => place.open());
afterAll(async () => place.close());

test("effects stand with the acknowledgement, and the second time nothing runs", async () => {
  await using queues = await openedQueues({ file: place.file });
  const one = await leased(queues);
  let runs = 0;
  const work = async (transaction: SqliteTransaction): Promise<void> => {
    runs += 1;
    await note(transaction, one.id);
    expect(noted(one.id)).toBe(false);
  };
  expect(await handle(queues, one, work)).toBe("handled");
  expect(noted(one.id)).toBe(true);
  expect(await handle(queues, one, work)).toBe("duplicate");
  expect(runs).toBe(1);
  expect(await take(queues, "s")).toEqual([]);
});

test("a handler that writes nothing is acknowledged, and nobody has waited for it", async () => {
  await using queues = await openedQueues({ file: place.file });
  const one = await leased(queues);
  const work = async (): Promise<void> => {
    await queues.extendMany([one.receipt], 30 * SECOND, within(10 * SECOND));
  };
  expect(await handle(queues, one, work)).toBe("handled");
  expect(await handle(queues, one, work)).toBe("duplicate");
});

test("of several that handle the same at once the effects of one stand, whoever waits for what", async () => {
  await using queues = await openedQueues({ file: place.file });
  await using other = await openedQueues({ path: place.path });
  const one = await leased(queues);
  const outcomes = await Promise.all(
    [queues, queues, queues].map(async (at) => handle(at, one, async (transaction) => note(transaction, one.id))),
  );
  expect(outcomes.filter((outcome) => outcome === "handled")).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === "duplicate")).toHaveLength(2);
  expect(noted(one.id)).toBe(true);
  expect(await take(other, "s")).toEqual([]);
});

test("while a handler writes everyone reads, who writes waits for its end, and then they come in order", async () => {
  await using queues = await openedQueues({ file: place.file });
  await using other = await openedQueues({ path: place.path });
  const one = await leased(queues);
  const order: string[] = [];
  let writing: Promise<unknown> | undefined;
  const work = async (transaction: SqliteTransaction): Promise<void> => {
    await note(transaction, one.id);
    writing = Promise.all(
      [queues, other].map(async (at) => {
        await at.enqueueMany(message(freshNamespace()), targets(["b"]), TTL, within(20 * SECOND));
        order.push("written");
      }),
    );
    expect(await queues.tracking?.counts(one.id, within(10 * SECOND))).toMatchObject({ pending: 1 });
    expect(await other.tracking?.counts(one.id, within(10 * SECOND))).toMatchObject({ pending: 0 });
    expect((await transaction.query("select count(*) as n from notes where key = ?", [one.id])).rows).toEqual([
      { n: 1 },
    ]);
    order.push("handled");
  };
  expect(await handle(queues, one, work)).toBe("handled");
  await writing;
  expect(order).toEqual(["handled", "written", "written"]);
});

describe("nothing of a handler stands, and its lease goes on, when it", () => {
  const again = async (queues: Queues, one: Handed): Promise<void> => {
    expect(noted(one.id)).toBe(false);
    expect(await handle(queues, one, async (transaction) => note(transaction, one.id))).toBe("handled");
    expect(noted(one.id)).toBe(true);
  };

  test("throws; it is told its own error", async () => {
    await using queues = await openedQueues({ file: place.file });
    const one = await leased(queues);
    const mine = new Error("mine");
    const handling = handle(queues, one, async (transaction) => {
      await note(transaction, one.id);
      throw mine;
    });
    await expect(handling).rejects.toBe(mine);
    await again(queues, one);
  });

  test("fails in a statement, whose result code it can read", async () => {
    await using queues = await openedQueues({ file: place.file });
    const one = await leased(queues);
    const twice = async (transaction: SqliteTransaction): Promise<void> => {
      await note(transaction, one.id);
      await transaction.query("insert into notes values (?)", [one.id]);
    };
    await expect(handle(queues, one, twice)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      cause: { rawCode: 2067 },
    });
    await again(queues, one);
  });

  test("has its call end meanwhile", async () => {
    await using queues = await openedQueues({ file: place.file });
    const one = await leased(queues);
    const caller = new AbortController();
    const endless = async (transaction: SqliteTransaction): Promise<void> => {
      await note(transaction, one.id);
      caller.abort();
      await new Promise(() => {});
    };
    expect(await outcomeOf(handle(queues, one, endless, caller))).toBe("ABORTED?");
    await again(queues, one);
  });

  test("holds the write lock for too long; everyone else goes on", async () => {
    await using queues = await openedQueues({ file: place.file, maxTransactionMs: 50 });
    const one = await leased(queues);
    let writing: Promise<unknown> | undefined;
    const slow = async (transaction: SqliteTransaction): Promise<void> => {
      await note(transaction, one.id);
      writing = queues.enqueueMany(message(freshNamespace()), targets(["b"]), TTL, within(20 * SECOND));
      await writing; // Without an end it would wait for itself.
      await transaction.query("select 1");
    };
    await expect(handle(queues, one, slow)).rejects.toMatchObject({ code: "TIMEOUT", mayHaveApplied: false });
    expect(await writing).toEqual([]);
    await again(queues, one);
  });

  test("ends its transaction by a conflict that says so", async () => {
    await using queues = await openedQueues({ file: place.file });
    const one = await leased(queues);
    const rolledBack = async (transaction: SqliteTransaction): Promise<void> => {
      await note(transaction, one.id);
      const twice = transaction.query("insert or rollback into notes values (?)", [one.id]);
      await expect(twice).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
      const stray = transaction.query("insert into notes values ('stray')");
      expect(await outcomeOf(stray)).toBe("INVALID_ARGUMENT");
    };
    expect(await outcomeOf(handle(queues, one, rolledBack))).toBe("INVALID_ARGUMENT");
    expect(noted("stray")).toBe(false);
    await again(queues, one);
  });

  test("loses its thread, and with that what it has written; a later statement of it begins nothing", async () => {
    const threads: Worker[] = [];
    let exits = 0;
    const onWorker = (thread: Worker): void => {
      threads.push(thread);
      thread.once("exit", () => (exits += 1));
    };
    process.on("worker", onWorker);
    await using queues = await openedQueues({ path: place.path });
    process.off("worker", onWorker);
    const one = await leased(queues);
    const unlucky = async (transaction: SqliteTransaction): Promise<void> => {
      await note(transaction, one.id);
      // It dies of an order that it does not know.
      for (const thread of threads) thread.postMessage({ id: 0, name: "no such operation" });
      await expect.poll(() => exits, SOON).toBe(threads.length);
      const stray = transaction.query("insert into notes values (?)", [`${one.id} again`]);
      expect(await outcomeOf(stray)).toBe("UNAVAILABLE");
    };
    expect(await outcomeOf(handle(queues, one, unlucky))).toBe("UNAVAILABLE");
    expect(noted(`${one.id} again`)).toBe(false);
    await again(queues, one);
  });

  test("is closed under it; whoever shares the file goes on at once", async () => {
    const queues = await openedQueues(
      { file: place.file, maxTransactionMs: 600_000 },
      { namespace: "closed under it" },
    );
    const one = await leased(queues);
    const endless = async (transaction: SqliteTransaction): Promise<void> => {
      await note(transaction, one.id);
      queues.close().catch(() => undefined);
      await new Promise(() => {});
    };
    expect(await outcomeOf(handle(queues, one, endless))).toBe("CLOSED?");
    await using next = await openedQueues({ file: place.file }, { namespace: "closed under it" });
    await again(next, one);
  });
});

test("a handler that catches the error of a statement goes on, with what it has written before and after it", async () => {
  await using queues = await openedQueues({ file: place.file });
  const one = await leased(queues);
  const careful = async (transaction: SqliteTransaction): Promise<void> => {
    await transaction.query("insert into nowhere values (1)").catch(() => undefined);
    await note(transaction, one.id);
    await transaction.query("insert into notes values (?)", [one.id]).catch(() => undefined);
    await note(transaction, `${one.id} again`);
  };
  expect(await handle(queues, one, careful)).toBe("handled");
  expect([noted(one.id), noted(`${one.id} again`)]).toEqual([true, true]);
});

test("whoever attaches the identity anew before its first statement undoes it; it is told so", async () => {
  await using queues = await openedQueues({ file: place.file });
  const one = await leased(queues);
  const handling = handle(queues, one, async (transaction) => {
    await queues.attachMany("t", targets(["a"], 2), within(10 * SECOND));
    await note(transaction, one.id).catch(() => undefined);
  });
  expect(await outcomeOf(handling)).toBe("FENCED");
  expect(noted(one.id)).toBe(false);
  const [again] = await take(queues, "t");
  if (again === undefined) throw new Error("it is not handed out");
  expect(again).toMatchObject({ id: one.id, attempt: 2 });
  expect(await handle(queues, again, async (transaction) => note(transaction, one.id))).toBe("handled");
});

test("a receipt that has been settled, or is for something else, runs nothing", async () => {
  await using queues = await openedQueues({ file: place.file });
  const one = await leased(queues);
  const never = async (): Promise<void> => Promise.reject(new Error("it runs"));
  expect(await outcomeOf(handle(queues, { ...one, identity: "b" }, never))).toBe("FENCED");
  expect(await outcomeOf(handle(queues, { ...one, id: "other" }, never))).toBe("FENCED");
  expect(await outcomeOf(handle(queues, { ...one, receipt: "no-such" }, never))).toBe("FENCED");
  await queues.settleMany(settled([one], "retry"), within(10 * SECOND));
  expect(await outcomeOf(handle(queues, one, never))).toBe("FENCED");
});

test("a transaction that is over takes no more statements, and one that was left running is waited for", async () => {
  await using queues = await openedQueues({ file: place.file });
  const one = await leased(queues);
  const kept: SqliteTransaction[] = [];
  const hasty = async (transaction: SqliteTransaction): Promise<void> => {
    kept.push(transaction);
    note(transaction, one.id).catch(() => undefined);
  };
  expect(await handle(queues, one, hasty)).toBe("handled");
  expect(noted(one.id)).toBe(true);
  for (const transaction of kept) expect(await outcomeOf(transaction.query("select 1"))).toBe("CLOSED");
});

test("handlers of two processes take turns, and each is had once", async () => {
  await using queues = await openedQueues({ file: place.file }, { namespace: "two" });
  await using other = await openedQueues({ path: place.path }, { namespace: "two" });
  const names = Array.from({ length: 40 }, (_, index) => `id-${index}`);
  const id = freshNamespace();
  await queues.attachMany("s", targets(names), within(10 * SECOND));
  await queues.enqueueMany(message(id), targets(names), TTL, within(10 * SECOND));
  const all = await take(queues, "s");
  const outcomes = await Promise.all(
    all.flatMap((one) =>
      [queues, other].map(async (at) => {
        const key = `${id} ${one.identity}`;
        return handle(
          at,
          one,
          async (transaction) => void (await transaction.query("insert into notes values (?)", [key])),
        );
      }),
    ),
  );
  expect(outcomes.filter((outcome) => outcome === "handled")).toHaveLength(40);
  await expect.poll(() => names.every((name) => noted(`${id} ${name}`)), SOON).toBe(true);
}, 60_000);
