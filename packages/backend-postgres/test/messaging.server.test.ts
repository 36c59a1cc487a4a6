/** What the kit can't see of messaging: what lies in the tables and for how long, and what rings when. */

import { setTimeout as delay } from "node:timers/promises";
import { withServer } from "@muster/servers/vitest";
import { freshNamespace, outcomeOf, SOON, within } from "@muster/testing";
import { describe, expect, test } from "vitest";
import { channelName, lockKey } from "../src/keys.ts";
import { frameOf } from "../src/messages/frames.ts";
import { inboxOn, message, numbered, opened, read, rowsOf, SECOND, textsOf } from "./messages/support.ts";
import { optionsOf } from "./standalone.ts";
import { poolOf, proxyOf, tell } from "./support.ts";

await withServer("postgres", {}, (server) => {
  describe("the tables", () => {
    test("forget what has been read, and with its inbox everything", async () => {
      const namespace = freshNamespace();
      const messaging = await opened(optionsOf(server), namespace);
      const inbox = await inboxOn(messaging, ["a", "b"]);
      const all = read(inbox);
      for (const text of numbered(100)) await messaging.publishMany([message("a", text)], within(SECOND));
      await expect.poll(() => all.length, SOON).toBe(100);
      await expect.poll(async () => rowsOf(server, namespace), SOON).toEqual([1, 2, 0]);
      await inbox[Symbol.asyncDispose]();
      expect(await rowsOf(server, namespace)).toEqual([0, 0, 0]);
    });

    test("hold one row for all messages of a batch to one address, as long as it is short", async () => {
      const namespace = freshNamespace();
      const messaging = await opened(optionsOf(server), namespace);
      await inboxOn(messaging, ["a"], { prefetch: 1 });
      await messaging.publishMany([message("a", "held back"), message("a", "too")], within(SECOND));
      await expect.poll(async () => (await rowsOf(server, namespace))[2], SOON).toBe(0);
      await messaging.publishMany(
        numbered(1_000).map((text) => message("a", text)),
        within(SECOND),
      );
      expect((await rowsOf(server, namespace))[2]).toBe(1);
    });

    test("lose an inbox whose connection has been gone for long, and what nobody has read, bit by bit", async () => {
      const namespace = freshNamespace();
      const messaging = await opened(optionsOf(server), namespace);
      await inboxOn(messaging, ["a"], { prefetch: 1 });
      await tell(server, "insert into muster.inboxes values (1, $1, 4711, 0)", [namespace]);
      await tell(server, "insert into muster.inbox_addresses values ($1, 'dead', 1)", [namespace]);
      for (const text of numbered(30)) await messaging.publishMany([message("a", text)], within(SECOND));
      await expect.poll(async () => (await rowsOf(server, namespace))[2], SOON).toBeGreaterThan(20);
      const [, , standing = 0] = await rowsOf(server, namespace);
      const sweep = async (keepMs: number): Promise<unknown> => {
        const [lock, guard] = [lockKey("messages", "muster"), lockKey("sweeping", "muster")];
        const [row] = await tell(server, "select muster.sweep_inboxes($1, $2, 1000, $3, 10)", [lock, guard, keepMs]);
        return row?.[0];
      };
      expect(await sweep(60_000)).toBe(true);
      expect(await rowsOf(server, namespace)).toEqual([1, 1, standing]);
      expect(await sweep(-1_000)).toBe(true);
      expect((await rowsOf(server, namespace))[2]).toBe(standing - 10);
      await expect.poll(async () => sweep(-1_000), SOON).toBe(false);
      expect(await rowsOf(server, namespace)).toEqual([1, 1, 0]);
    });

    test("are not lost while somebody listens, themselves least of all", { timeout: 30_000 }, async () => {
      const namespace = freshNamespace();
      const messaging = await opened(optionsOf(server), namespace);
      await inboxOn(messaging, ["a"]);
      await tell(server, "insert into muster.inboxes values (2, $1, 4712, null)", [namespace]);
      const missed = async (): Promise<unknown> =>
        tell(server, "select inbox = 2, missed_at is not null from muster.inboxes where namespace = $1 order by 1", [
          namespace,
        ]);
      // The inbox looks by itself, now and then, and notices then who has gone.
      await expect.poll(missed, { timeout: 20_000 }).toEqual([
        [false, false],
        [true, true],
      ]);
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
      expect((await rowsOf(server, namespace))[2]).toBeGreaterThanOrEqual(500);
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
    await expect.poll(async () => (await rowsOf(server, namespace))[1], SOON).toBe(0);
  });
});
