/** Inboxes that lose their connection, share a pool that was handed in, or stand behind a pooler. */

import { withServer } from "@muster/servers/vitest";
import { freshNamespace, outcomeOf, SOON, within } from "@muster/testing";
import { describe, expect, test } from "vitest";
import type { Pool } from "pg";
import { type PostgresPool } from "../../src/index.ts";
import {
  endLine,
  MINE,
  HOLDERS,
  inboxOn,
  message,
  numbered,
  opened,
  read,
  rowsOf,
  SECOND,
  textsOf,
} from "./support.ts";
import { optionsOf } from "../standalone.ts";
import { poolOf, proxyOf, tell } from "../support.ts";

await withServer("postgres", {}, (server) => {
  describe("an inbox that loses its connection", () => {
    test("goes on where it was: what lies there arrives once, in order", async () => {
      const namespace = freshNamespace();
      const publisher = await opened(optionsOf(server), namespace);
      const states: string[] = [];
      const options = { prefetch: 1, onRoute: (state: string) => void states.push(state) };
      const inbox = await inboxOn(await opened(optionsOf(server), namespace), ["a"], options);
      for (const text of numbered(50)) await publisher.publishMany([message("a", text)], within(SECOND));
      await endLine(server, namespace);
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
      await endLine(server, namespace);
      await expect.poll(() => states[0], SOON).toBe("down");
      expect(await inbox.removeMany(numbered(5_000), within(30 * SECOND))).toEqual([]);
      await expect.poll(() => states, SOON).toEqual(["down", "up"]);
      expect((await rowsOf(server, namespace))[1]).toBe(15_000);
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
      await endLine(server, namespace);
      await expect
        .poll(() => all.map(({ address }) => address), SOON)
        .toEqual([expect.stringContaining("UNAUTHENTICATED")]);
    });
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
});
