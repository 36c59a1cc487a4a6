/** Statements that the server ends in the middle, or refuses for others' sake: coded, and nothing half done. */

import type { Call, MessagingBackend, Registration, RegistryBackend } from "@muster/core/slots";
import { withServer } from "@muster/servers/vitest";
import { collected, entry, freshNamespace, outcomeOf, SOON, within } from "@muster/testing";
import { Pool, type PoolClient } from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { postgresMessaging } from "../../src/index.ts";
import { optionsOf } from "../standalone.ts";
import { opened, poolOf, tell } from "../support.ts";

const SECOND = 1_000;
const REAPING = { limit: 10, claimMs: 60_000, graceMs: 0 };
const TABLES = [...["registrations", "metadata"], ...["inboxes", "inbox_addresses", "inbox_messages"]].map(
  (name) => `muster.${name}`,
);

interface Stage {
  readonly registry: RegistryBackend;
  readonly messaging: MessagingBackend;
  /** Of `a`. */
  readonly registration: Registration;
}

/** Every call that is a statement. */
const CALLS: Readonly<Record<string, (stage: Stage, call: Call) => Promise<unknown>>> = {
  setMany: async ({ registry }, call) => registry.setMany([entry("a", { mode: "replace" }), entry("b")], call),
  getMany: async ({ registry }, call) => registry.getMany(["a"], call),
  renewMany: async ({ registry, registration: { identity, epoch } }, call) =>
    registry.renewMany([{ identity, epoch, ttlMs: 9_000 }], call),
  deleteMany: async ({ registry, registration: { identity, epoch } }, call) =>
    registry.deleteMany([{ identity, epoch }], call),
  scan: async ({ registry }, call) => collected(registry.scan({ pageSize: 10 }, call)),
  scanRoutes: async ({ registry }, call) => collected(registry.scanRoutes({ pageSize: 10 }, call)),
  reap: async ({ registry }, call) => registry.reap(REAPING, call),
  confirmMany: async ({ registry, registration }, call) =>
    registry.confirmMany([{ registration, step: "expired" }], call),
  census: async ({ registry }, call) => registry.census(call),
  count: async ({ registry }, call) => registry.counts?.count({ op: "eq", path: ["n"], value: 1 }, call),
  publishMany: async ({ messaging }, call) =>
    messaging.publishMany([{ address: "a", headers: {}, body: new Uint8Array() }], call),
};

await withServer("postgres", {}, (server) => {
  const WAITING = "select pid from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'muster'";

  async function staged(): Promise<Stage> {
    const namespace = freshNamespace();
    const registry = await opened(optionsOf(server), { namespace });
    const messaging = postgresMessaging(optionsOf(server));
    await messaging.open({ namespace }, within(10 * SECOND));
    const inbox = await messaging.openInbox({ prefetch: 10 }, within(SECOND));
    await inbox.addMany(["a"], within(SECOND));
    onTestFinished(async () => {
      await messaging.close();
      await registry.close();
    });
    const [outcome] = await registry.setMany([entry("a", { ttlMs: 60_000, metadata: { n: 1 } })], within(SECOND));
    if (outcome === undefined || !("stored" in outcome)) throw new Error("it is not stored");
    return { registry, messaging, registration: outcome.stored };
  }

  /** Somebody else, in a transaction. */
  async function transaction(): Promise<PoolClient> {
    const pool = poolOf(server, 1);
    const client = await pool.connect();
    await client.query("begin");
    onTestFinished(async () => {
      client.release(true);
      await pool.end();
    });
    return client;
  }

  describe("a connection that the server ends in the middle of", () => {
    test.each(Object.entries(CALLS))("%s: it may have been applied, was not, and works again", async (_, call) => {
      const stage = await staged();
      const before = await stage.registry.getMany(["a", "b"], within(SECOND));
      const holder = await transaction();
      await holder.query(`lock table ${TABLES.join(", ")} in access exclusive mode`);
      const running = outcomeOf(call(stage, within(20 * SECOND)));
      await expect.poll(async () => (await tell(server, WAITING)).length, SOON).toBe(1);
      await tell(server, `select pg_terminate_backend(pid) from (${WAITING}) w`);
      expect(await running).toBe("UNAVAILABLE?");
      await holder.query("rollback");
      expect(await stage.registry.getMany(["a", "b"], within(SECOND))).toEqual(before);
      expect(await outcomeOf(call(stage, within(5 * SECOND)))).toBe("fine");
    });
  });

  test("writers that wait for each other in a circle with somebody else's transaction: one is told, and nothing is done", async () => {
    const { registry } = await staged();
    await registry.setMany([entry("b", { metadata: { n: 1 } })], within(SECOND));
    const before = await registry.getMany(["a", "b"], within(SECOND));
    const holder = await transaction();
    await holder.query("set deadlock_timeout to '60s'"); // The other one finds out.
    await holder.query("select from muster.registrations where identity = 'b' for update");
    const changes = { mode: "replace" as const, metadata: { n: 2 } };
    const writing = outcomeOf(registry.setMany([entry("a", changes), entry("b", changes)], within(20 * SECOND)));
    await expect.poll(async () => (await tell(server, WAITING)).length, SOON).toBe(1);
    const circle = holder.query("select from muster.registrations where identity = 'a' for update");
    expect(await writing).toBe("UNAVAILABLE");
    await circle;
    await holder.query("rollback");
    expect(await registry.getMany(["a", "b"], within(SECOND))).toEqual(before);
  });

  test("what can't be serialized, where somebody has changed the isolation behind our back, is refused for certain", async () => {
    const namespace = freshNamespace();
    await tell(server, "create role isolated login superuser");
    const pool = new Pool({ ...optionsOf(server), user: "isolated", max: 1 });
    pool.on("error", () => undefined);
    await using registry = await opened({ pool }, { namespace });
    await registry.setMany([entry("a", { metadata: { n: 1 } })], within(SECOND));
    await tell(server, "alter role isolated set default_transaction_isolation to 'repeatable read'");
    await tell(server, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'isolated'");
    await expect.poll(async () => outcomeOf(registry.census(within(SECOND))), SOON).toBe("fine");
    const holder = await transaction();
    await holder.query("update muster.registrations set revision = 7 where namespace = $1", [namespace]);
    const writing = outcomeOf(registry.setMany([entry("a", { mode: "replace" })], within(20 * SECOND)));
    const waiting = "select pid from pg_stat_activity where wait_event_type = 'Lock' and usename = 'isolated'";
    await expect.poll(async () => (await tell(server, waiting)).length, SOON).toBe(1);
    await holder.query("commit");
    expect(await writing).toBe("UNAVAILABLE");
    expect(await registry.getMany(["a"], within(SECOND))).toMatchObject([{ revision: 7, metadata: { n: 1 } }]);
    await registry.close();
    await pool.end();
  });
});
