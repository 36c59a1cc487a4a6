/** What the kit can't see of the durability slot: what it leaves in the tables, and what its calls cost. */

import { join } from "node:path";
import { entry, numbered, SOON, within } from "@muster/testing";
import { ack, message, settled, take, targets, TTL } from "@muster/testing/durability";
import { describe, expect, test } from "vitest";
import { migrateTo } from "../src/store/migrate.ts";
import { MIGRATIONS } from "../src/store/migrations.ts";
import { brokenIn } from "./queues/invariants.ts";
import { openedQueues, type Queues, SECOND } from "./queues/support.ts";
import { connectedTo } from "./store/support.ts";
import { freshFolder, opened } from "./support.ts";

const TABLES = [
  ...["messages", "pages", "queue", "deliveries", "terms", "attachments"],
  ...["sessions", "dead_letters", "multicasts"],
];

function rowsIn(path: string): Record<string, number> {
  using store = connectedTo(path);
  expect(brokenIn(store)).toEqual([]);
  return Object.fromEntries(
    TABLES.map((table) => [table, Number(store.get(`select count(*) from muster_${table}`)?.[0])]),
  );
}

test("a payload is stored once, and the queue holds what is pending and nothing else", async () => {
  await using folder = await freshFolder();
  const path = join(folder.path, "fleet.db");
  await using queues = await openedQueues({ path });
  const identities = numbered(50);
  await queues.attachMany("s", targets(identities), within(20 * SECOND));
  for (const part of [identities.slice(0, 25), identities.slice(20)])
    await queues.enqueueMany(message("m"), targets(part), TTL, within(20 * SECOND));
  expect(rowsIn(path)).toMatchObject({ messages: 1, queue: 50, terms: 0 });
  const handed = await take(queues, "s");
  expect(rowsIn(path)).toMatchObject({ queue: 50, terms: 1 });
  expect(await ack(queues, handed)).toEqual([]);
  expect(rowsIn(path)).toMatchObject({ messages: 1, queue: 0, terms: 0, deliveries: 50 });
});

test("nothing is left in the tables once everything has ended and its retention is over", async () => {
  await using folder = await freshFolder();
  const path = join(folder.path, "fleet.db");
  const durability = { trackingRetentionMs: 100, deadLetterRetentionMs: 150 };
  await using queues = await openedQueues({ path }, { durability });
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
      return rowsIn(path);
    }, SOON)
    .toEqual(Object.fromEntries(TABLES.map((table) => [table, 0])));
  expect(await queues.sweep({ limit: 100 }, call)).toBe(0);
});

test("a file of the registry alone is brought up to date under a registry that goes on", async () => {
  await using folder = await freshFolder();
  const path = join(folder.path, "fleet.db");
  {
    using store = connectedTo(path);
    store.execute("pragma journal_mode = wal");
    migrateTo(store, MIGRATIONS.slice(0, 1));
    store.run("insert into muster_counts values ('there before', 1)");
  }
  await using queues = await openedQueues({ path });
  await using registry = await opened({ path });
  await registry.setMany([entry("a")], within(20 * SECOND));
  expect(await queues.enqueueMany(message("m"), targets(["a"]), TTL, within(20 * SECOND))).toEqual([]);
  using store = connectedTo(path);
  const versions = store.all("select version, compatible_with from muster_migrations order by 1");
  expect(versions).toEqual(MIGRATIONS.map(({ version, compatibleWith }) => [version, compatibleWith]));
  expect(store.get("select counted from muster_counts where namespace = 'there before'")).toEqual([1]);
});

test("a delay goes on in another session, and the later ones of that recipient stay behind it", async () => {
  await using folder = await freshFolder();
  await using queues = await openedQueues({ path: join(folder.path, "fleet.db") });
  const call = within(20 * SECOND);
  await queues.attachMany("s", targets(["a"]), call);
  for (const id of ["1", "2"]) await queues.enqueueMany(message(id), targets(["a"]), TTL, call);
  const [one] = await take(queues, "s", { maxPerIdentity: 1 });
  await queues.settleMany([{ receipt: one?.receipt ?? "", as: "retry", delayMs: 500 }], call);
  await queues.attachMany("t", targets(["a"], 2), call);
  const handed = await queues.dequeue("t", { max: 10, maxPerIdentity: 10, waitMs: 15_000, leaseMs: 5_000 }, call);
  expect(handed.map(({ message: { id }, recipients }) => `${id} attempt ${recipients[0]?.attempt}`)).toEqual([
    "1 attempt 2",
    "2 attempt 1",
  ]);
});

test("of those that come back some in the middle may be delayed, and what is behind them waits", async () => {
  await using folder = await freshFolder();
  const path = join(folder.path, "fleet.db");
  await using queues = await openedQueues({ path });
  const call = within(20 * SECOND);
  await queues.attachMany("s", targets(["a"]), call);
  for (const id of ["1", "2", "3", "4"]) await queues.enqueueMany(message(id), targets(["a"]), TTL, call);
  const [one, two, three] = await take(queues, "s", { max: 3 });
  await queues.settleMany(
    [
      ...settled(
        [one, three].flatMap((handed) => handed ?? []),
        "release",
      ),
      { receipt: two?.receipt ?? "", as: "retry", delayMs: 60_000 },
    ],
    call,
  );
  expect((await take(queues, "s")).map(({ id }) => id)).toEqual(["1"]);
  rowsIn(path);
});

test("what is past its TTL makes room for what is behind it, on every way", async () => {
  await using folder = await freshFolder();
  const path = join(folder.path, "fleet.db");
  await using queues = await openedQueues({ path }, { durability: { ...RETENTION, maxQueued: 3 } });
  const call = within(20 * SECOND);
  await queues.attachMany("s", targets(["a"]), call);
  for (const id of ["1", "2"]) await queues.enqueueMany(message(id), targets(["a"]), { ttlMs: 1 }, call);
  await expect.poll(async () => (await queues.tracking?.counts("2", call))?.failed, SOON).toBe(1);
  for (const id of ["3", "4", "5"])
    expect(await queues.enqueueMany(message(id), targets(["a"]), TTL, call)).toEqual([]);
  expect((await queues.enqueueMany(message("6"), targets(["a"]), TTL, call))[0]?.error.code).toBe("QUEUE_FULL");
  expect((await take(queues, "s")).map(({ id }) => id)).toEqual(["3", "4", "5"]);
  rowsIn(path);
});

const RETENTION = { trackingRetentionMs: 60_000, deadLetterRetentionMs: 60_000 };

test("texts that would be statements, numbers or paths are texts", async () => {
  await using folder = await freshFolder();
  await using queues = await openedQueues({ path: join(folder.path, "fleet.db") });
  for (const nasty of [`'; drop table muster_queue; -- \\ " ?1 $[0] {,}`, "12", "null", "[1]", '"a"', "é\u{1f600}"]) {
    await queues.attachMany(nasty, targets([nasty]), within(20 * SECOND));
    const start = { message: message(nasty), idempotencyKey: nasty, digest: nasty, filter: nasty, ttlMs: 1_000 };
    const begun = await queues.tracking?.begin(start, within(20 * SECOND));
    expect(begun?.record).toMatchObject({ filter: nasty, digest: nasty });
    await queues.enqueueMany(message(nasty), targets([nasty]), TTL, within(20 * SECOND));
    const [one] = await take(queues, nasty);
    expect(one).toMatchObject({ id: nasty, identity: nasty });
    const dead = { receipt: one?.receipt ?? "", as: "dead", code: "REJECTED", reason: nasty } as const;
    expect(await queues.settleMany([dead], within(20 * SECOND))).toEqual([]);
    expect(await queues.tracking?.counts(nasty, within(20 * SECOND))).toEqual({ pending: 0, delivered: 0, failed: 1 });
  }
});

describe("what a call costs", () => {
  test("an idle poll writes nothing, whatever is attached", async () => {
    await using folder = await freshFolder();
    const path = join(folder.path, "fleet.db");
    await using queues = await openedQueues({ path });
    await queues.attachMany("s", targets(numbered(10_000)), within(20 * SECOND));
    using store = connectedTo(path);
    const before = store.get("pragma data_version");
    for (let poll = 0; poll < 10; poll += 1) expect(await take(queues, "s")).toEqual([]);
    expect(store.get("pragma data_version")).toEqual(before);
  });

  test("a long queue is handed out in order, a few at a time, beside those of others", async () => {
    await using folder = await freshFolder();
    const path = join(folder.path, "fleet.db");
    await using queues = await openedQueues({ path });
    const ids = numbered(300, "m");
    await queues.attachMany("s", targets(["long", "other"]), within(20 * SECOND));
    for (const id of ids) await queues.enqueueMany(message(id), targets(["long"]), TTL, within(20 * SECOND));
    const seen: string[] = [];
    for (let turn = 0; seen.length < ids.length; turn += 1) {
      await besides(queues, `other-${turn}`);
      const handed = (await take(queues, "s", { max: 20, maxPerIdentity: 7 })).filter(
        ({ id }) => !id.startsWith("other"),
      );
      expect(handed.length).toBeGreaterThan(0);
      expect(handed.length).toBeLessThanOrEqual(7);
      // Every third time all of it comes back, in its place.
      if (turn % 3 === 0) await queues.settleMany(settled(handed, "release"), within(20 * SECOND));
      else {
        seen.push(...handed.map(({ id }) => id));
        await ack(queues, handed);
      }
    }
    expect(seen).toEqual(ids);
    rowsIn(path);
  }, 30_000);
});

/** Somebody else is handed something while the first of the long queue are in hand. */
async function besides(queues: Queues, id: string): Promise<void> {
  const held = await take(queues, "s", { max: 20, maxPerIdentity: 7 });
  await queues.enqueueMany(message(id), targets(["other"]), TTL, within(20 * SECOND));
  const others = await take(queues, "s");
  expect(others.map((one) => one.id)).toEqual([id]);
  await ack(queues, others);
  await queues.settleMany(settled(held, "release"), within(20 * SECOND));
}
