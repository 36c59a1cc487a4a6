/** Connections: what is refused at open, what becomes of calls when one breaks or none is free, and coming back. */

import { setTimeout as delay } from "node:timers/promises";
import type { RegistryBackend } from "@muster/core/slots";
import { withServer } from "@muster/servers/vitest";
import { entry, freshNamespace, outcomeOf, SOON, within } from "@muster/testing";
import { Pool } from "pg";
import { describe, expect, test } from "vitest";
import { type PostgresByHost, type PostgresCommonOptions, postgresRegistry } from "../src/index.ts";
import { optionsOf } from "./standalone.ts";
import { opened, poolOf, proxyOf, tell } from "./support.ts";

const SECOND = 1_000;
/** What a call may end with while the server is away. */
const AWAY: readonly string[] = ["UNAVAILABLE", "UNAVAILABLE?", "TIMEOUT?", "ABORTED?", "fine"];

async function outcomeOfOpening(options: PostgresByHost & PostgresCommonOptions): Promise<string> {
  return outcomeOf(postgresRegistry(options).open({ namespace: freshNamespace() }, within(5 * SECOND)));
}

const isStored = async (registry: RegistryBackend, identity: string): Promise<boolean> =>
  (await registry.getMany([identity], within(SECOND)))[0] !== undefined;

await withServer("postgres", { password: "open sesame" }, (server) => {
  test("the right password opens, in options and in a URL", async () => {
    await using byHost = await opened({ ...optionsOf(server), password: "open sesame" });
    await using byUrl = await opened({
      url: `postgres://postgres:open%20sesame@${server.host}:${server.port}/postgres`,
    });
    expect([await byHost.census(within(SECOND)), await byUrl.census(within(SECOND))]).toHaveLength(2);
  });

  test.each([{}, { password: "wrong" }, { user: "nobody", password: "open sesame" }])(
    "credentials %o are refused at open, and nothing is left of it",
    async (credentials) => {
      await using proxy = await proxyOf(server);
      expect(await outcomeOfOpening({ ...optionsOf(proxy), ...credentials })).toBe("UNAUTHENTICATED");
      await expect.poll(() => proxy.connections, SOON).toBe(0);
    },
  );
});

await withServer("postgres", {}, (server) => {
  const { control } = server;

  describe("open", () => {
    test("tells at once of a server that is not there, and the same object opens when it is", async () => {
      await using proxy = await proxyOf(server);
      proxy.refuse();
      await using registry = postgresRegistry(optionsOf(proxy));
      const open = async (): Promise<string> => outcomeOf(registry.open({ namespace: "n" }, within(5 * SECOND)));
      expect(await open()).toBe("UNAVAILABLE");
      await proxy.heal();
      expect(await open()).toBe("fine");
    });

    test("ends with its call at a server that does not answer, and nothing is left of it", async () => {
      await using proxy = await proxyOf(server);
      proxy.stall();
      const registry = postgresRegistry(optionsOf(proxy));
      expect(await outcomeOf(registry.open({ namespace: "n" }, within(300)))).toBe("ABORTED");
      await proxy.heal();
      await expect.poll(() => proxy.connections, SOON).toBe(0);
    });

    test("refuses a database that is not there", async () => {
      expect(await outcomeOfOpening({ ...optionsOf(server), database: "nowhere" })).toBe("CONFIG_INVALID");
    });

    test("refuses a user who may not make tables, and takes him when somebody else has made them", async () => {
      await tell(server, "create role guest login");
      const options = { ...optionsOf(server), user: "guest", schemaName: "guests" };
      expect(await outcomeOfOpening(options)).toBe("PERMISSION_DENIED");
      expect(await outcomeOfOpening({ ...options, migrations: "check" })).toBe("CONFIG_INVALID");
      await using owner = await opened({ ...optionsOf(server), schemaName: "guests" });
      await tell(server, "grant usage on schema guests to guest");
      await tell(server, "grant select, insert, update, delete on all tables in schema guests to guest");
      await tell(server, "grant usage on all sequences in schema guests to guest");
      await using guest = await opened({ ...options, migrations: "check" });
      expect(await guest.setMany([entry("a")], within(SECOND))).toMatchObject([{ stored: { identity: "a" } }]);
      expect(await owner.census(within(SECOND))).toEqual({ counted: 0, expired: 0 });
    });

    test("refuses a user to whom the server gives no connection", async () => {
      await tell(server, "create role hermit login connection limit 0");
      expect(await outcomeOfOpening({ ...optionsOf(server), user: "hermit" })).toBe("UNAVAILABLE");
    });

    test("refuses one who may only read", async () => {
      await tell(server, "create role reader login superuser");
      await tell(server, "alter role reader set default_transaction_read_only to on");
      expect(await outcomeOfOpening({ ...optionsOf(server), user: "reader" })).toBe("UNAVAILABLE");
    });

    test("refuses a pool whose connections have another isolation", async () => {
      const pool = new Pool({ ...optionsOf(server), options: "-c default_transaction_isolation=serializable" });
      const registry = postgresRegistry({ pool });
      expect(await outcomeOf(registry.open({ namespace: "n" }, within(5 * SECOND)))).toBe("CONFIG_INVALID");
      await pool.end();
    });
  });

  describe("a pool that was handed in", () => {
    test("is shared by registries, and stays open when they are closed", async () => {
      const pool = poolOf(server);
      const all = await Promise.all([opened({ pool }), opened({ pool })]);
      for (const registry of all) await registry.setMany([entry("a")], within(SECOND));
      for (const registry of all) await registry.close();
      expect((await pool.query("select 1")).rowCount).toBe(1);
      expect(pool.totalCount).toBeLessThanOrEqual(4);
      await pool.end();
    });

    test("has no transaction left open when open has failed in the middle of one", async () => {
      await tell(server, "create role stranger login");
      const pool = new Pool({ ...optionsOf(server), user: "stranger", max: 1 });
      const registry = postgresRegistry({ pool, schemaName: "strange" });
      expect(await outcomeOf(registry.open({ namespace: "n" }, within(5 * SECOND)))).toBe("PERMISSION_DENIED");
      expect((await pool.query("select 1")).rowCount).toBe(1);
      await pool.end();
    });

    test("that has no connection free keeps nobody longer than his call, and serves the next", async () => {
      const pool = poolOf(server, 1);
      await using registry = await opened({ pool });
      const taken = await pool.connect();
      const began = performance.now();
      expect(await outcomeOf(registry.setMany([entry("a")], within(100)))).toBe("ABORTED?");
      expect(performance.now() - began).toBeLessThan(SECOND);
      taken.release();
      expect(await isStored(registry, "a")).toBe(false);
      await registry.close();
      await pool.end();
    });

    test("that gives up waiting for a connection by itself says so, and nothing was sent", async () => {
      const pool = new Pool({ ...optionsOf(server), max: 1, connectionTimeoutMillis: 50 });
      await using registry = await opened({ pool });
      const taken = await pool.connect();
      expect(await outcomeOf(registry.setMany([entry("a")], within(5 * SECOND)))).toBe("RATE_LIMITED");
      taken.release();
      await registry.close();
      await pool.end();
    });
  });

  describe("a call that ends before its answer", () => {
    test("rejects at once, and what it waited for on the server ends, too", async () => {
      const namespace = freshNamespace();
      await using registry = await opened(optionsOf(server), { namespace });
      await registry.setMany([entry("a")], within(SECOND));
      const pool = poolOf(server, 1);
      const holder = await pool.connect();
      await holder.query("begin");
      await holder.query("select from muster.registrations where namespace = $1 for update", [namespace]);
      const caller = new AbortController();
      const waiting = outcomeOf(registry.setMany([entry("a", { mode: "replace" })], caller));
      const isWaiting = async (): Promise<unknown> => {
        const text = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%set_many%'";
        return (await tell(server, text))[0]?.[0];
      };
      await expect.poll(isWaiting, SOON).toBe("1");
      caller.abort();
      const began = performance.now();
      expect(await waiting).toBe("ABORTED?");
      expect(performance.now() - began).toBeLessThan(500);
      await expect.poll(isWaiting, SOON).toBe("0");
      await holder.query("rollback");
      holder.release();
      await pool.end();
      const [one] = await registry.getMany(["a"], within(SECOND));
      expect(one?.revision).toBe(1);
      expect(await registry.setMany([entry("b")], within(SECOND))).toMatchObject([{ stored: { identity: "b" } }]);
    });
  });

  describe("a connection that breaks", () => {
    test("behind a request that it has sent costs one effect, and says that there may be one", async () => {
      await using proxy = await proxyOf(server);
      await using registry = await opened(optionsOf(proxy));
      const cut = proxy.cutAfterRequest((request) => Buffer.from(request).includes("set_many"));
      expect(await outcomeOf(registry.setMany([entry("a")], within(5 * SECOND)))).toBe("UNAVAILABLE?");
      await cut;
      await expect.poll(async () => outcomeOf(registry.census(within(SECOND))), SOON).toBe("fine");
      await expect.poll(async () => (await registry.census(within(SECOND))).counted, SOON).toBe(1);
    });

    test("while it is idle is replaced without anybody noticing", async () => {
      await using registry = await opened(optionsOf(server));
      const end = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'muster'";
      await tell(server, end);
      await expect.poll(async () => outcomeOf(registry.setMany([entry("a")], within(SECOND))), SOON).toBe("fine");
    });
  });

  test("nothing is left behind close, whatever was under way", async () => {
    await using proxy = await proxyOf(server);
    const registry = await opened(optionsOf(proxy));
    const calls = Array.from({ length: 20 }, async (_, n) =>
      outcomeOf(registry.setMany([entry(`${n}`)], within(5 * SECOND))),
    );
    await registry.close();
    for (const outcome of await Promise.all(calls)) expect(["fine", "CLOSED?"]).toContain(outcome);
    await expect.poll(() => proxy.connections, SOON).toBe(0);
  });

  test("a server that is told to be read-only refuses writes, for certain, until it is told otherwise", async () => {
    await using registry = await opened(optionsOf(server));
    const tellAll = async (value: string): Promise<void> => {
      await tell(server, `alter system set default_transaction_read_only to ${value}`);
      await tell(server, "select pg_reload_conf()");
    };
    const write = async (): Promise<string> =>
      outcomeOf(registry.setMany([entry("a", { mode: "replace" })], within(SECOND)));
    await tellAll("on");
    await expect.poll(write, SOON).toBe("UNAVAILABLE");
    expect(await outcomeOf(registry.getMany(["a"], within(SECOND)))).toBe("fine");
    await tellAll("off").catch(async () => {
      const pool = new Pool({ ...optionsOf(server), options: "-c default_transaction_read_only=off" });
      await pool.query("alter system reset default_transaction_read_only");
      await pool.query("select pg_reload_conf()");
      await pool.end();
    });
    await expect.poll(write, SOON).toBe("fine");
  });

  describe.runIf(control !== undefined)("a server that dies or stands still", () => {
    test("during calls costs them a code each, hangs none, and all goes on by itself", {
      timeout: 40_000,
    }, async () => {
      await using registry = await opened(optionsOf(server));
      const outcomes = new Set<string>();
      let isOver = false;
      const calling = Array.from({ length: 6 }, async (_, caller) => {
        for (let turn = 0; !isOver; turn += 1) {
          outcomes.add(await outcomeOf(registry.setMany([entry(`${caller}-${turn}`)], within(SECOND))));
          await delay(1);
        }
      });
      await control?.kill();
      await expect.poll(() => outcomes.has("UNAVAILABLE"), SOON).toBe(true);
      isOver = true;
      await Promise.all(calling);
      expect([...outcomes].filter((outcome) => !AWAY.includes(outcome))).toEqual([]);
      await control?.start();
      await expect.poll(async () => outcomeOf(registry.setMany([entry("a")], within(SECOND))), SOON).toBe("fine");
    });

    test("keeps nobody longer than his call, and serves when it goes on", { timeout: 20_000 }, async () => {
      await using registry = await opened(optionsOf(server));
      await control?.freeze();
      const began = performance.now();
      const late = await Promise.all(Array.from({ length: 8 }, async () => outcomeOf(registry.census(within(400)))));
      expect(new Set(late)).toEqual(new Set(["ABORTED?"]));
      expect(performance.now() - began).toBeLessThan(3 * SECOND);
      await control?.thaw();
      await expect.poll(async () => outcomeOf(registry.census(within(SECOND))), SOON).toBe("fine");
    });
  });
});
