/** What handlers can say in their transactions. */

import { freshNamespace, outcomeOf } from "@muster/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SqliteTransaction } from "../../src/index.ts";
import { filePlace } from "./file-place.ts";
import { openedQueues } from "./support.ts";

const place = filePlace();
const { noted, leased, handle } = place;

beforeAll(async () => place.open());
afterAll(async () => place.close());

describe("a statement of a handler", () => {
  const inTransaction = async <T>(work: (transaction: SqliteTransaction) => Promise<T>): Promise<T> => {
    await using queues = await openedQueues({ file: place.file });
    const one = await leased(queues);
    const results: T[] = [];
    await handle(queues, one, async (transaction) => void results.push(await work(transaction)));
    return results[0] as T; // It has been handled.
  };

  test.each([
    ...["commit", "END", " rollback", "begin immediate", "-- a\n/* b */ COMMIT", ";commit", "pragma synchronous = off"],
    ...["vacuum", "attach 'x' as x", "detach x", "select 1; commit", "select 1 /* ; */ ; select 2", "", " -- ", "a\0b"],
  ])("%j is refused", async (text) => {
    const attempt = inTransaction(async (transaction) => outcomeOf(transaction.query(text)));
    expect(await attempt).toBe("INVALID_ARGUMENT");
  });

  test("may be a savepoint of its own", async () => {
    const key = freshNamespace();
    await inTransaction(async (transaction) => {
      await transaction.query("savepoint mine");
      await transaction.query("insert into notes values (?)", [key]);
      await transaction.query("rollback to mine");
      await transaction.query("release mine");
      await transaction.query("insert into notes values (?)", [`${key}; commit`]);
    });
    expect([noted(key), noted(`${key}; commit`)]).toEqual([false, true]);
  });

  test("may make a trigger", async () => {
    const trigger = "create temp trigger t after insert on things begin delete from things; select 1; end";
    const made = inTransaction(async (transaction) => {
      await transaction.query(trigger);
      return await transaction.query("drop trigger t");
    });
    expect(await made).toMatchObject({ rows: [] });
  });

  test("takes and gives each kind of value as it is", async () => {
    const values = ["a'b", 12, 1.5, 2n ** 62n, true, null, new Uint8Array([0, 255]), new Uint8Array()];
    const rows = await inTransaction(async (transaction) => {
      const all: unknown[] = [];
      for (const value of values) {
        const query = "select ? as value, typeof(?1) as type";
        all.push((await transaction.query(query, [value])).rows[0]);
      }
      return all;
    });
    expect(rows).toEqual([
      { value: "a'b", type: "text" },
      { value: 12, type: "integer" },
      { value: 1.5, type: "real" },
      { value: 2n ** 62n, type: "integer" },
      { value: 1, type: "integer" },
      { value: null, type: "null" },
      { value: new Uint8Array([0, 255]), type: "blob" },
      { value: new Uint8Array(), type: "blob" },
    ]);
  });

  test.each<readonly [string, unknown]>([
    ["object", {}],
    ["array", [1]],
    ["value that is not there", undefined],
    ["number that is none", Number.NaN],
    ["whole number of more than 64 bits", 2n ** 64n],
    ["text with a NUL", "a\0b"],
  ])("takes no %s", async (_, value) => {
    const attempt = inTransaction(async (transaction) => outcomeOf(transaction.query("select ?", [value as never])));
    expect(await attempt).toBe("INVALID_ARGUMENT");
  });

  test("tells how many rows it has changed", async () => {
    const changes = await inTransaction(async (transaction) => {
      await transaction.query("delete from things");
      const first = await transaction.query("insert into things values (1), (2), (3)");
      const updated = await transaction.query("update things set thing = thing + 1 where thing > 1 returning thing");
      const read = await transaction.query("select thing from things order by 1");
      return [first.changes, updated.changes, updated.rows.length, read.changes, read.rows];
    });
    expect(changes).toEqual([3, 2, 2, 0, [{ thing: 1 }, { thing: 3 }, { thing: 4 }]]);
  });
});
