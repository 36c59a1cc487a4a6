/** A standby: what it refuses while it is one, and what is there when it has been promoted. */

import { withServer } from "@muster/servers/vitest";
import { entry, freshNamespace, outcomeOf, SOON, within } from "@muster/testing";
import { describe, expect, test } from "vitest";
import { postgresMessaging, postgresOutbox, postgresRegistry } from "../src/index.ts";
import { standbyOf, standbyPrograms } from "./standby.ts";
import { callerOf, commit, lease, openedOutbox, settleAll, takeAll, whole } from "./outbox/support.ts";
import { optionsOf } from "./standalone.ts";
import { opened, poolOf, tell } from "./support.ts";

const SECOND = 1_000;

await withServer("postgres", {}, async (server) => {
  const programs = server.origin === "native" ? await standbyPrograms(server) : undefined;

  describe.runIf(programs !== undefined)("a hot standby", () => {
    test("refuses to be opened, and every write of whoever comes to it; promoted it has all that was written", {
      timeout: 60_000,
    }, async () => {
      const namespace = freshNamespace();
      await using primary = await opened(optionsOf(server), { namespace });
      await primary.setMany([entry("a", { metadata: { n: 1 } })], within(SECOND));
      await using standby = await standbyOf(server, programs ?? "");
      await primary.setMany([entry("b")], within(SECOND));

      const opening = async (): Promise<readonly string[]> =>
        Promise.all(
          [postgresRegistry, postgresMessaging, postgresOutbox].map(async (make) =>
            outcomeOf(make(optionsOf(standby)).open({ namespace }, within(5 * SECOND))),
          ),
        );
      expect(await opening()).toEqual(["UNAVAILABLE", "UNAVAILABLE", "UNAVAILABLE"]);

      // As when a name leads somewhere else after it was opened.
      const pools = [poolOf(server), poolOf(standby)] as const;
      let pool = pools[0];
      const handedIn = { pool: { connect: async () => pool.connect() }, wake: "none" as const };
      await using outbox = await openedOutbox(handedIn, { namespace });
      await using caller = await callerOf(server);
      await commit(outbox, caller, "m", ["a"]);
      const [taken] = await takeAll(outbox, await lease(outbox));
      await using wandering = await opened({ pool: { connect: async () => pool.connect() } }, { namespace });
      pool = pools[1];
      const isThere = async (identity: string): Promise<boolean> =>
        (await wandering.getMany([identity], within(SECOND)))[0] !== undefined;
      await expect.poll(async () => isThere("b"), SOON).toBe(true);
      await using onStandby = await callerOf(standby);
      const [one] = await wandering.getMany(["a"], within(SECOND));
      const [identity, epoch] = ["a", one?.epoch ?? 0];
      const writes = [
        wandering.setMany([entry("c")], within(SECOND)),
        wandering.renewMany([{ identity, epoch, ttlMs: 1_000 }], within(SECOND)),
        wandering.deleteMany([{ identity, epoch }], within(SECOND)),
        wandering.reap({ limit: 1, claimMs: 1, graceMs: 0 }, within(SECOND)),
        lease(outbox),
        outbox.settleMany(
          taken?.lease ?? { shard: 0, lease: "0" },
          taken === undefined ? [] : [whole(taken)],
          within(SECOND),
        ),
        commit(outbox, onStandby, "n", ["a"]),
      ];
      expect(await Promise.all(writes.map(outcomeOf))).toEqual(writes.map(() => "UNAVAILABLE"));

      await onStandby.query("rollback");
      await tell(standby, "select pg_promote()");
      expect(await opening()).toEqual(["fine", "fine", "fine"]);
      expect(await outcomeOf(wandering.setMany([entry("c")], within(SECOND)))).toBe("fine");
      expect(await wandering.getMany(["a", "b", "c"], within(SECOND))).toMatchObject([{ epoch }, {}, {}]);
      const [older, newer] = await wandering.getMany(["b", "c"], within(SECOND));
      expect(newer?.epoch).toBeGreaterThan(older?.epoch ?? Number.NaN);

      expect(await commit(outbox, onStandby, "n", ["a"])).toMatchObject({ isNew: true });
      expect(await settleAll(outbox, taken === undefined ? [] : [taken])).toEqual(["m"]);
      await outbox.close();

      await using messaging = postgresMessaging(optionsOf(standby));
      await messaging.open({ namespace }, within(5 * SECOND));
      const inbox = await messaging.openInbox({ prefetch: 1 }, within(SECOND));
      expect(await inbox.addMany(["a"], within(SECOND))).toEqual([]);
      expect(
        await messaging.publishMany([{ address: "a", headers: {}, body: new Uint8Array() }], within(SECOND)),
      ).toEqual([]);
      await messaging.close();
      await wandering.close();
      for (const each of pools) await each.end();
    });
  });
});
