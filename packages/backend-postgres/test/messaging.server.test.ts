/** What the kit can't see of messaging: what lies in the tables and for how long, and what a lost connection costs. */

import { setTimeout as delay } from "node:timers/promises";
import type { Delivery, Inbox, InboxOptions, MessagingBackend, Outgoing } from "@muster/core/slots";
import { withServer } from "@muster/servers/vitest";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Pool } from "pg";
import { type PostgresOptions, type PostgresPool, postgresMessaging } from "../src/index.ts";
import { channelName, lockKey } from "../src/keys.ts";
import { frameOf } from "../src/messages/frames.ts";
import { optionsOf } from "./standalone.ts";
import { freshNamespace, outcomeOf, poolOf, proxyOf, SOON, tell, within } from "./support.ts";

const SECOND = 1_000;

function message(address: string, text = ""): Outgoing {
  return { address, headers: {}, body: Buffer.from(text) };
}

function textsOf(deliveries: readonly Delivery[]): readonly string[] {
  return deliveries.map(({ body }) => Buffer.from(body).toString());
}

function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => String(n));
}

async function opened(options: PostgresOptions, namespace: string): Promise<MessagingBackend> {
  const messaging = postgresMessaging(options);
  await messaging.open({ namespace }, within(10 * SECOND));
  onTestFinished(async () => messaging.close());
  return messaging;
}

async function inboxOn(
  messaging: MessagingBackend,
  addresses: readonly string[],
  options: Partial<InboxOptions> = {},
): Promise<Inbox> {
  const inbox = await messaging.openInbox({ prefetch: 10_000, ...options }, within(10 * SECOND));
  expect(await inbox.addMany(addresses, within(10 * SECOND))).toEqual([]);
  return inbox;
}

/** All that comes, from now on. */
function read(inbox: Inbox): Delivery[] {
  const all: Delivery[] = [];
  const reading = async (): Promise<void> => {
    for await (const page of inbox) all.push(...page);
  };
  reading().catch((error: unknown) => all.push({ address: String(error), headers: {}, body: new Uint8Array() }));
  return all;
}

await withServer("postgres", {}, (server) => {
  const MINE = "inbox in (select inbox from muster.inboxes where namespace = $1)";
  const rowsOf = async (namespace: string): Promise<readonly number[]> => {
    const text = `select (select count(*) from muster.inboxes where namespace = $1),
      (select count(*) from muster.inbox_addresses where namespace = $1),
      (select count(*) from muster.inbox_messages where ${MINE})`;
    const [row = []] = await tell(server, text, [namespace]);
    return row.map(Number);
  };
  /** Whoever holds the lock of an inbox of that namespace. */
  const HOLDERS = `select l.pid from muster.inboxes i join pg_locks l on l.locktype = 'advisory' and l.granted
    and (l.classid::bigint << 32 | l.objid::bigint) = i.key where i.namespace = $1`;
  const endLine = async (namespace: string): Promise<void> => {
    const ended = await tell(server, `select pg_terminate_backend(pid) from (${HOLDERS}) h`, [namespace]);
    expect(ended).toEqual([[true]]);
  };

  describe("the tables", () => {
    test("forget what has been read, and with its inbox everything", async () => {
      const namespace = freshNamespace();
      const messaging = await opened(optionsOf(server), namespace);
      const inbox = await inboxOn(messaging, ["a", "b"]);
      const all = read(inbox);
      for (const text of numbered(100)) await messaging.publishMany([message("a", text)], within(SECOND));
      await expect.poll(() => all.length, SOON).toBe(100);
      await expect.poll(async () => rowsOf(namespace), SOON).toEqual([1, 2, 0]);
      await inbox[Symbol.asyncDispose]();
      expect(await rowsOf(namespace)).toEqual([0, 0, 0]);
    });

    test("hold one row for all messages of a batch to one address, as long as it is short", async () => {
      const namespace = freshNamespace();
      const messaging = await opened(optionsOf(server), namespace);
      await inboxOn(messaging, ["a"], { prefetch: 1 });
      await messaging.publishMany([message("a", "held back"), message("a", "too")], within(SECOND));
      await expect.poll(async () => (await rowsOf(namespace))[2], SOON).toBe(0);
      await messaging.publishMany(
        numbered(1_000).map((text) => message("a", text)),
        within(SECOND),
      );
      expect((await rowsOf(namespace))[2]).toBe(1);
    });

    test("lose an inbox whose connection has been gone for long, and what nobody has read, bit by bit", async () => {
      const namespace = freshNamespace();
      const messaging = await opened(optionsOf(server), namespace);
      await inboxOn(messaging, ["a"], { prefetch: 1 });
      await tell(server, "insert into muster.inboxes values (1, $1, 4711, 0)", [namespace]);
      await tell(server, "insert into muster.inbox_addresses values ($1, 'dead', 1)", [namespace]);
      for (const text of numbered(30)) await messaging.publishMany([message("a", text)], within(SECOND));
      await expect.poll(async () => (await rowsOf(namespace))[2], SOON).toBeGreaterThan(20);
      const [, , standing = 0] = await rowsOf(namespace);
      const sweep = async (keepMs: number): Promise<unknown> => {
        const [lock, guard] = [lockKey("messages", "muster"), lockKey("sweeping", "muster")];
        const [row] = await tell(server, "select muster.sweep_inboxes($1, $2, 1000, $3, 10)", [lock, guard, keepMs]);
        return row?.[0];
      };
      expect(await sweep(60_000)).toBe(true);
      expect(await rowsOf(namespace)).toEqual([1, 1, standing]);
      expect(await sweep(-1_000)).toBe(true);
      expect((await rowsOf(namespace))[2]).toBe(standing - 10);
      await expect.poll(async () => sweep(-1_000), SOON).toBe(false);
      expect(await rowsOf(namespace)).toEqual([1, 1, 0]);
    });

    test("are asked by their keys, however many addresses there are", { timeout: 30_000 }, async () => {
      const options = { ...optionsOf(server), schemaName: "addresses" };
      const messaging = await opened(options, freshNamespace());
      await tell(server, "select pg_stat_reset()"); // Making an index is a scan.
      const addresses = numbered(10_000);
      const all = read(await inboxOn(messaging, addresses));
      for (const address of ["7", "77", "777", "7777"]) {
        await messaging.publishMany([message(address, address)], within(SECOND));
      }
      await messaging.publishMany(
        addresses.map((address) => message(address)),
        within(10 * SECOND),
      );
      await expect.poll(() => all.length, SOON).toBe(10_004);
      const scans = async (): Promise<readonly (readonly unknown[])[]> => {
        const text = `select relname, seq_scan::int, idx_scan > 0 from pg_stat_user_tables
          where schemaname = 'addresses' and relname in ('inbox_addresses', 'inbox_messages') order by relname`;
        return tell(server, text);
      };
      const byKey = ["inbox_addresses", "inbox_messages"].map((table) => [table, 0, true]);
      await expect.poll(scans, SOON).toEqual(byKey);
    });
  });

  describe("the doorbell", () => {
    test("rings once for a batch, and tells who is meant and nothing else", async () => {
      const namespace = freshNamespace();
      const messaging = await opened(optionsOf(server), namespace);
      const [one, other] = [await inboxOn(messaging, ["a", "both"]), await inboxOn(messaging, ["b", "both"])];
      const all = [read(one), read(other)];
      const pool = poolOf(server, 1);
      const listener = await pool.connect();
      const heard: string[] = [];
      listener.on("notification", ({ payload = "" }) => heard.push(payload));
      await listener.query(`listen "${channelName("muster", namespace)}"`);
      const batch = numbered(1_000).map((text) => message(["a", "b", "both"][Number(text) % 3] ?? "", text));
      await messaging.publishMany(batch, within(5 * SECOND));
      await messaging.publishMany([message("a", "last")], within(SECOND));
      await expect.poll(() => heard.length, SOON).toBe(2);
      expect(heard.map((text) => text.split(" ").length)).toEqual([2, 1]);
      expect(heard.join(" ")).toMatch(/^\d+ \d+ \d+$/);
      await expect.poll(() => all.map(({ length }) => length), SOON).toEqual([334 + 333 + 1, 333 + 333]);
      listener.release(true);
      await pool.end();
    });

    test("rings for everybody where more are meant than it has room to name", async () => {
      const namespace = freshNamespace();
      const messaging = await opened(optionsOf(server), namespace);
      const all = read(await inboxOn(messaging, ["a"]));
      const pool = poolOf(server, 1);
      const others = await pool.connect();
      await others.query(
        `insert into muster.inboxes select 9000000000000000000 + n, $1, n from generate_series(1, 500) n`,
        [namespace],
      );
      await others.query(
        "insert into muster.inbox_addresses select $1, 'a', inbox from muster.inboxes where namespace = $1 on conflict do nothing",
        [namespace],
      );
      await others.query("select pg_advisory_lock(n) from generate_series(1, 500) n");
      expect(await messaging.publishMany([message("a", "to all")], within(SECOND))).toEqual([]);
      await expect.poll(() => textsOf(all), SOON).toEqual(["to all"]);
      expect((await rowsOf(namespace))[2]).toBeGreaterThanOrEqual(500);
      others.release(true);
      await pool.end();
    });
  });

  describe("order", () => {
    test("is that of commits: nothing is missed behind what was written earlier and committed later", async () => {
      const namespace = freshNamespace();
      const messaging = await opened(optionsOf(server), namespace);
      const all = read(await inboxOn(messaging, ["a"]));
      const pool = poolOf(server, 1);
      const slow = await pool.connect();
      await slow.query("begin");
      await slow.query("select muster.publish_many($1, $2, $3, '{a}', '{1}', array[$4::bytea])", [
        ...[namespace, channelName("muster", namespace), lockKey("messages", "muster")],
        frameOf(message("a", "slow")),
      ]);
      const publishing = messaging.publishMany([message("a", "quick")], within(5 * SECOND));
      const isWaiting = async (): Promise<unknown> => {
        const text = "select count(*) from pg_locks where locktype = 'advisory' and not granted";
        return (await tell(server, text))[0]?.[0];
      };
      await expect.poll(isWaiting, SOON).toBe("1");
      await slow.query("commit");
      slow.release();
      await pool.end();
      expect(await publishing).toEqual([]);
      await expect.poll(() => textsOf(all), SOON).toEqual(["slow", "quick"]);
    });

    test("holds within an address for a batch that is too long for one statement", { timeout: 30_000 }, async () => {
      const messaging = await opened(optionsOf(server), freshNamespace());
      const all = read(await inboxOn(messaging, ["a", "b"]));
      const padding = " ".repeat(500_000);
      const batch = numbered(40).map((text) => message(Number(text) % 2 === 0 ? "a" : "b", text + padding));
      expect(await messaging.publishMany(batch, within(20 * SECOND))).toEqual([]);
      await expect.poll(() => all.length, SOON).toBe(40);
      for (const address of ["a", "b"]) {
        const numbers = textsOf(all.filter((one) => one.address === address)).map(Number);
        expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
      }
    });
  });

  describe("an inbox that loses its connection", () => {
    test("goes on where it was: what lies there arrives once, in order", async () => {
      const namespace = freshNamespace();
      const publisher = await opened(optionsOf(server), namespace);
      const states: string[] = [];
      const options = { prefetch: 1, onRoute: (state: string) => void states.push(state) };
      const inbox = await inboxOn(await opened(optionsOf(server), namespace), ["a"], options);
      for (const text of numbered(50)) await publisher.publishMany([message("a", text)], within(SECOND));
      await endLine(namespace);
      await expect.poll(() => states, SOON).toEqual(["down", "up"]);
      await publisher.publishMany([message("a", "50")], within(SECOND));
      const all = read(inbox);
      await expect.poll(() => all.length, SOON).toBe(51);
      expect(textsOf(all)).toEqual(numbered(51));
    });

    test("has no route until it is back, and then all its addresses again", async () => {
      const namespace = freshNamespace();
      const publisher = await opened(optionsOf(server), namespace);
      await using proxy = await proxyOf(server);
      const states: string[] = [];
      const receiver = await opened(optionsOf(proxy), namespace);
      const inbox = await inboxOn(receiver, ["a", "b"], { onRoute: (state) => void states.push(state) });
      const all = read(inbox);
      proxy.cut();
      await expect.poll(() => states, SOON).toEqual(["down"]);
      const outcome = async (): Promise<readonly string[]> =>
        (await publisher.publishMany([message("a", "lost"), message("b", "lost")], within(SECOND))).map(
          ({ error }) => error.code,
        );
      await expect.poll(outcome, SOON).toEqual(["NO_ROUTE", "NO_ROUTE"]);
      const adding = inbox.addMany(["c"], within(10 * SECOND));
      await proxy.heal();
      expect(await adding).toEqual([]);
      expect(states).toEqual(["down", "up"]);
      await publisher.publishMany(
        ["a", "b", "c"].map((address) => message(address, "back")),
        within(SECOND),
      );
      await expect.poll(() => textsOf(all).filter((text) => text === "back").length, SOON).toBe(3);
    });

    test("with very many addresses has all of them again, and none that was removed", { timeout: 60_000 }, async () => {
      const namespace = freshNamespace();
      const states: string[] = [];
      const options = { onRoute: (state: string) => void states.push(state) };
      const messaging = await opened(optionsOf(server), namespace);
      const inbox = await inboxOn(messaging, numbered(20_000), options);
      await endLine(namespace);
      await expect.poll(() => states[0], SOON).toBe("down");
      expect(await inbox.removeMany(numbered(5_000), within(30 * SECOND))).toEqual([]);
      await expect.poll(() => states, SOON).toEqual(["down", "up"]);
      expect((await rowsOf(namespace))[1]).toBe(15_000);
    });

    test("begins anew where nothing is left of it", async () => {
      const namespace = freshNamespace();
      const messaging = await opened(optionsOf(server), namespace);
      const states: string[] = [];
      const all = read(await inboxOn(messaging, ["a"], { onRoute: (state) => void states.push(state) }));
      await messaging.publishMany([message("a", "before")], within(SECOND));
      await expect.poll(() => textsOf(all), SOON).toEqual(["before"]);
      // As after a crash: nothing in the tables, and positions that have been given before.
      await tell(server, "delete from muster.inbox_addresses where namespace = $1", [namespace]);
      await tell(server, `with gone as (delete from muster.inbox_messages where ${MINE}) select 1`, [namespace]);
      const [[pid] = []] = await tell(server, HOLDERS, [namespace]);
      await tell(server, "delete from muster.inboxes where namespace = $1", [namespace]);
      await tell(server, "alter sequence muster.inbox_positions restart");
      await tell(server, "select pg_terminate_backend($1)", [pid]);
      await expect.poll(() => states, SOON).toEqual(["down", "up"]);
      expect(await messaging.publishMany([message("a", "after")], within(SECOND))).toEqual([]);
      await expect.poll(() => textsOf(all), SOON).toEqual(["before", "after"]);
    });

    test("and may not come back ends with the reason", async () => {
      await tell(server, "create role visitor login superuser");
      const namespace = freshNamespace();
      const messaging = await opened({ ...optionsOf(server), user: "visitor" }, namespace);
      const all = read(await inboxOn(messaging, ["a"]));
      await tell(server, "alter role visitor nologin");
      await endLine(namespace);
      await expect
        .poll(() => all.map(({ address }) => address), SOON)
        .toEqual([expect.stringContaining("UNAUTHENTICATED")]);
    });
  });

  test("texts that would be statements are data as namespaces, addresses, headers and bodies", async () => {
    const hostile = [
      "'; drop schema muster cascade; --",
      '"; unlisten *; --',
      "$1",
      "$$",
      "{a,b}",
      "\\",
      "\\'",
      "null",
      "%",
      "a'||'b",
    ];
    for (const namespace of hostile) {
      const messaging = await opened(optionsOf(server), namespace);
      const all = read(await inboxOn(messaging, hostile));
      const batch = hostile.map((text) => ({ address: text, headers: { "x-y": text }, body: Buffer.from(text) }));
      expect(await messaging.publishMany(batch, within(SECOND))).toEqual([]);
      await expect.poll(() => all.length, SOON).toBe(hostile.length);
      expect(all.map(({ address, headers, body }) => [address, headers["x-y"], Buffer.from(body).toString()])).toEqual(
        hostile.map((text) => [text, text, text]),
      );
    }
  });

  test("a user who may use the tables, and nothing more, sends and receives", async () => {
    const options = { ...optionsOf(server), schemaName: "served" };
    const namespace = freshNamespace();
    await opened(options, namespace);
    await tell(server, "create role clerk login");
    await tell(server, "grant usage on schema served to clerk");
    await tell(server, "grant select, insert, update, delete on all tables in schema served to clerk");
    await tell(server, "grant usage on all sequences in schema served to clerk");
    const clerk = await opened({ ...options, user: "clerk", migrations: "check" }, namespace);
    const all = read(await inboxOn(clerk, ["a"]));
    expect(await clerk.publishMany([message("a", "1")], within(SECOND))).toEqual([]);
    await expect.poll(() => textsOf(all), SOON).toEqual(["1"]);
  });

  test("a message of a later release ends the inbox that can't read it", async () => {
    const namespace = freshNamespace();
    const messaging = await opened(optionsOf(server), namespace);
    const all = read(await inboxOn(messaging, ["a"]));
    const frame = frameOf(message("a"));
    frame.writeUInt8(2, 4);
    await tell(server, "select muster.publish_many($1, $2, $3, '{a}', '{1}', array[$4::bytea])", [
      ...[namespace, channelName("muster", namespace), lockKey("messages", "muster")],
      frame,
    ]);
    await expect.poll(() => all.map(({ address }) => address), SOON).toEqual([expect.stringContaining("UNSUPPORTED")]);
  });

  describe("a pool that was handed in", () => {
    test("gives each inbox a connection for as long as it is open, and has all its room again behind it", async () => {
      const pool = poolOf(server, 2);
      const messaging = await opened({ pool }, freshNamespace());
      const inbox = await inboxOn(messaging, ["a"]);
      const all = read(inbox);
      await messaging.publishMany([message("a", "1")], within(SECOND));
      await expect.poll(() => textsOf(all), SOON).toEqual(["1"]);
      const other = await pool.connect();
      expect(pool.waitingCount).toBe(0);
      expect(await outcomeOf(messaging.publishMany([message("a", "2")], within(100)))).toBe("ABORTED?");
      other.release();
      await inbox[Symbol.asyncDispose]();
      await expect.poll(() => pool.totalCount - pool.idleCount, SOON).toBe(0);
      await Promise.all([1, 2].map(async () => pool.query("select pg_sleep(0.01)")));
      await messaging.close();
      await pool.end();
    });
  });

  describe("behind a pooler", () => {
    /** One that gives a connection for each transaction, and keeps what it is told of meanwhile to itself. */
    const transactionPooler = (pool: Pool): PostgresPool => ({
      connect: async () => ({
        processID: 0,
        query: async (query) => pool.query<unknown[]>(query as never), // Its types know of fewer ways to say it.
        release: () => undefined,
        on: () => undefined,
        removeListener: () => undefined,
      }),
    });

    test("that gives connections for transactions no inbox opens, and none of them is changed for it", async () => {
      const pool = poolOf(server, 2);
      const messaging = await opened({ pool: transactionPooler(pool) }, freshNamespace());
      expect(await messaging.publishMany([], within(SECOND))).toEqual([]);
      expect(await outcomeOf(messaging.openInbox({ prefetch: 1 }, within(10 * SECOND)))).toBe("UNSUPPORTED");
      expect((await pool.query<{ setting: string }>("show enable_seqscan")).rows).toEqual([{ enable_seqscan: "on" }]);
      await pool.end();
    });

    test("that gives them for sessions all goes on as without it", async () => {
      const pool = poolOf(server, 2);
      const sessionPooler: PostgresPool = {
        connect: async () => Object.assign(await pool.connect(), { processID: 0 }),
      };
      const messaging = await opened({ pool: sessionPooler }, freshNamespace());
      const all = read(await inboxOn(messaging, ["a"]));
      await messaging.publishMany([message("a", "1")], within(SECOND));
      await expect.poll(() => textsOf(all), SOON).toEqual(["1"]);
      await messaging.close();
      await pool.end();
    });
  });

  test("an inbox that is full keeps its publisher waiting for nothing", async () => {
    const messaging = await opened(optionsOf(server), freshNamespace());
    await inboxOn(messaging, ["a"], { prefetch: 1 });
    for (const text of numbered(200)) {
      expect(await messaging.publishMany([message("a", text)], within(SECOND))).toEqual([]);
    }
  });

  test("nothing is left behind close, whatever was under way", async () => {
    await using proxy = await proxyOf(server);
    const namespace = freshNamespace();
    const messaging = await opened(optionsOf(proxy), namespace);
    const inbox = await inboxOn(messaging, ["a"]);
    const calls = [
      ...numbered(10).map(async (text) => outcomeOf(messaging.publishMany([message("a", text)], within(5 * SECOND)))),
      outcomeOf(inbox.addMany(numbered(5_000), within(5 * SECOND))),
      outcomeOf(messaging.openInbox({ prefetch: 1 }, within(5 * SECOND))),
    ];
    await delay(1);
    await messaging.close();
    for (const outcome of await Promise.all(calls)) expect(["fine", "CLOSED", "CLOSED?"]).toContain(outcome);
    await expect.poll(() => proxy.connections, SOON).toBe(0);
    await expect.poll(async () => (await rowsOf(namespace))[1], SOON).toBe(0);
  });
});
