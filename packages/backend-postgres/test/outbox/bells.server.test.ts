/** Whom a commit wakes, and what ends with the outbox. */

import { withServer } from "@muster/servers/vitest";
import { freshNamespace, numbered, outcomeOf, SOON, within } from "@muster/testing";
import { targets } from "@muster/testing/durability";
import { expect, test } from "vitest";
import { postgresOutbox } from "../../src/index.ts";
import { outboxChannelName } from "../../src/keys.ts";
import { SECOND } from "../queues/support.ts";
import { optionsOf } from "../standalone.ts";
import { tell } from "../support.ts";
import { callerOf, commit, identitiesIn, lease, openedOutbox, record, start, takeAll } from "./support.ts";

await withServer("postgres", {}, (server) => {
  test("a commit rings in its namespace, a rollback nowhere, and what is lost with the connection comes back and rings", async () => {
    const namespace = freshNamespace();
    await using outbox = await openedOutbox(optionsOf(server), { namespace });
    await using stranger = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    const rings = { own: 0, others: 0 };
    await using _own = await outbox.bells?.listen(() => (rings.own += 1), within(SECOND));
    await using _others = await stranger.bells?.listen(() => (rings.others += 1), within(SECOND));
    await caller.query("begin");
    await record(outbox, caller, "never", ["a"]);
    await caller.query("rollback");
    await commit(stranger, caller, "theirs", ["a"]);
    await expect.poll(() => rings, SOON).toEqual({ own: 0, others: 1 });
    await commit(outbox, caller, "m", ["a"]);
    await expect.poll(() => rings.own, SOON).toBe(1);
    const listening =
      "select count(pg_terminate_backend(pid)) from pg_stat_activity where query ilike 'listen \"muster_outbox%'";
    expect(await tell(server, listening)).toEqual([["2"]]);
    await expect.poll(() => [rings.own, rings.others], SOON).toEqual([2, 2]);
    await commit(outbox, caller, "n", ["a"]);
    await expect.poll(() => rings, SOON).toEqual({ own: 3, others: 2 });
  });

  test("without waking nobody can listen, nobody is told, and relays find it all the same", async () => {
    const namespace = freshNamespace();
    await using outbox = await openedOutbox({ ...optionsOf(server), wake: "none" }, { namespace });
    expect(outbox.bells).toBeUndefined();
    await using caller = await callerOf(server);
    await using listener = await callerOf(server);
    const heard: unknown[] = [];
    listener.on("notification", ({ payload }) => heard.push(payload));
    const channel = outboxChannelName("muster", namespace);
    await listener.query(`listen "${channel}"`);
    await commit(outbox, caller, "m", ["a"]);
    await caller.query("select pg_notify($1, 'the last')", [channel]);
    await expect.poll(() => heard, SOON).toEqual(["the last"]);
    expect(identitiesIn(await takeAll(outbox, await lease(outbox)))).toEqual(["a"]);
  });

  test("options that are wrong are refused before anything is asked", () => {
    expect(() => postgresOutbox({ url: "mysql://x" })).toThrow("CONFIG_INVALID");
    expect(() => postgresOutbox({ ...optionsOf(server), wake: "sometimes" as never })).toThrow("wake");
  });

  test("closing rejects what is being recorded, takes it back, and leaves no connection", async () => {
    const outbox = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    const listening = await outbox.bells?.listen(() => undefined, within(SECOND));
    await caller.query("begin");
    async function* endless(): AsyncGenerator<ReturnType<typeof targets>, void, undefined> {
      yield targets(numbered(20_000));
      await new Promise(() => {});
    }
    const recording = outcomeOf(outbox.record(caller, start("m"), endless(), within(20 * SECOND)));
    const { rows } = await caller.query<{ n: string }>("select 1 as n");
    expect(rows).toHaveLength(1);
    await outbox.close();
    expect(await recording).toBe("CLOSED");
    expect(
      (await caller.query("select from muster.outbox_multicasts where id = 'm' and started_at > 9e14")).rowCount,
    ).toBe(0);
    await caller.query("commit");
    await listening?.[Symbol.asyncDispose]();
    const left =
      "select count(*) from pg_stat_activity where application_name = 'muster' and query ilike 'listen \"muster_outbox%'";
    await expect.poll(async () => tell(server, left), SOON).toEqual([["0"]]);
  });
});
