/** The outbox on a real server, beside what the conformance kit asks. */

import { withServer } from "@muster/servers/vitest";
import { collected, freshNamespace, numbered, until, within } from "@muster/testing";
import { message, targets } from "@muster/testing/durability";
import { expect, test } from "vitest";
import {
  callerOf,
  commit,
  identitiesIn,
  lease,
  openedOutbox,
  record,
  settleAll,
  start,
  takeAll,
  whole,
} from "./outbox/support.ts";
import { SECOND } from "./queues/support.ts";
import { optionsOf } from "./standalone.ts";
import { tell } from "./support.ts";

const RETENTION = { durability: { trackingRetentionMs: 1, deadLetterRetentionMs: 1 } };

await withServer("postgres", {}, (server) => {
  test("ten thousand recipients are sixteen parcels, which relays find when the transaction has committed", async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    const identities = numbered(10_000);
    await caller.query("begin");
    expect(await record(outbox, caller, "m", identities)).toMatchObject({ isNew: true, targetCount: 10_000 });
    const leases = await lease(outbox);
    expect(await takeAll(outbox, leases)).toEqual([]);
    await caller.query("commit");
    const taken = await takeAll(outbox, leases);
    expect(taken).toHaveLength(16);
    expect(identitiesIn(taken)).toEqual(identities);
    expect(await outbox.backlog(within(SECOND))).toMatchObject({ deliveries: 10_000 });
    expect(await settleAll(outbox, taken)).toEqual(["m"]);
    expect(await outbox.backlog(within(SECOND))).toEqual({ deliveries: 0, oldestMs: undefined });
  });

  test("a large multicast has full parcels, and what became of its recipients is read page by page", {
    timeout: 30 * SECOND,
  }, async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    const identities = numbered(20_000);
    expect(await commit(outbox, caller, "m", identities)).toMatchObject({ targetCount: 20_000 });
    const leases = await lease(outbox);
    const taken = await takeAll(outbox, leases);
    expect(taken.length).toBeLessThanOrEqual(32);
    expect(identitiesIn(taken)).toEqual(identities);
    const tenth = (parcel: (typeof taken)[number], rest: number): readonly string[] =>
      parcel.targets.filter((_, index) => index % 10 === rest).map(({ identity }) => identity);
    const told = await settleAll(outbox, taken, (parcel) => ({
      ...whole(parcel, "delivered"),
      failed: tenth(parcel, 0).map((identity) => ({
        identity,
        code: "REJECTED",
        reason: `no ${Number(identity.slice(-1)) % 2}`,
      })),
      left: tenth(parcel, 1),
    }));
    expect(told).toEqual([]);
    const all = await collected(outbox.deliveries("m", { pageSize: 700 }, within(60 * SECOND)));
    expect(all.map(({ identity }) => identity)).toEqual(identities);
    const failed = all.filter(({ status }) => status === "failed");
    for (const { identity, reason } of failed) expect(reason).toBe(`no ${Number(identity.slice(-1)) % 2}`);
    const [left, delivered] = ["pending", "delivered"].map(
      (status) => all.filter((one) => one.status === status).length,
    );
    expect(await outbox.counts("m", within(SECOND))).toEqual({ targets: 20_000, delivered, failed: failed.length });
    const again = await takeAll(outbox, leases);
    expect(identitiesIn(again)).toHaveLength(left ?? 0);
    expect(new Set(again.map(({ attempts }) => attempts))).toEqual(new Set([1]));
    expect(await settleAll(outbox, again)).toEqual(["m"]);
  });

  test("recipients in any order, and more than once, are recorded once each, however many they are", {
    timeout: 30 * SECOND,
  }, async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    const identities = numbered(30_000);
    async function* pages(): AsyncGenerator<ReturnType<typeof targets>, void, undefined> {
      for (let from = 29_000; from >= 0; from -= 1_000)
        yield targets([...identities.slice(from, from + 1_000), ...identities.slice(0, 500)], from + 1);
      yield targets(identities.slice(100, 20_000), 99_999);
    }
    await caller.query("begin");
    const { targetCount } = await outbox.record(caller, start("m"), pages(), within(30 * SECOND));
    await caller.query("commit");
    expect(targetCount).toBe(30_000);
    const taken = await takeAll(outbox, await lease(outbox));
    expect(identitiesIn(taken)).toEqual(identities);
    expect(taken.flatMap((parcel) => parcel.targets).filter(({ epoch }) => epoch === 99_999)).toEqual([]);
    for (const { targets: own } of taken)
      expect(own.map(({ identity }) => identity)).toEqual(own.map(({ identity }) => identity).toSorted());
  });

  test("what transactions record that overtake each other is found whenever it commits", async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using slow = await callerOf(server);
    await using fast = await callerOf(server);
    await slow.query("begin");
    await record(outbox, slow, "first", ["a"]);
    await commit(outbox, fast, "second", ["a"]);
    const leases = await lease(outbox);
    await settleAll(outbox, await takeAll(outbox, leases));
    await slow.query("commit");
    expect((await takeAll(outbox, leases)).map((parcel) => parcel.start.message.id)).toEqual(["first"]);
  });

  test("of two relays that settle the last two parcels at the same time one at least is told, in every round", {
    timeout: 30 * SECOND,
  }, async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    const leases = await lease(outbox);
    for (const id of numbered(25, "round")) {
      await commit(outbox, caller, id, numbered(64));
      const taken = await takeAll(outbox, leases);
      const settling = leases.map(async (one) =>
        outbox.settleMany(
          one,
          taken.filter((parcel) => parcel.lease === one).map((parcel) => whole(parcel)),
          within(10 * SECOND),
        ),
      );
      expect((await Promise.all(settling)).flat()).toContain(id);
    }
  });

  test("who repeats what he has settled is told again, and changes nothing", async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    await commit(outbox, caller, "m", numbered(100));
    const taken = await takeAll(outbox, await lease(outbox));
    const settle = async (): Promise<readonly string[]> =>
      settleAll(outbox, taken, (parcel) => ({
        ...whole(parcel, "delivered"),
        failed: parcel.targets.slice(0, 1).map(({ identity }) => ({ identity, code: "REJECTED", reason: "" })),
      }));
    expect(await settle()).toEqual(["m"]);
    const counts = await outbox.counts("m", within(SECOND));
    expect(new Set(await settle())).toEqual(new Set(["m"]));
    expect(await outbox.counts("m", within(SECOND))).toEqual(counts);
    expect(counts.delivered + counts.failed).toBe(100);
  });

  test("sweeping fails as many as it was told to, and leaves the rest of a parcel as it was", async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    const identities = numbered(1_000);
    await commit(outbox, caller, "m", identities, { ttlMs: 1 });
    await until(async () => (await outbox.counts("m", within(SECOND))).failed === 1_000);
    const remaining = async (): Promise<number> =>
      Number(
        (
          await tell(
            server,
            "select coalesce(sum(count), 0) from muster.outbox_parcels p join muster.outbox_multicasts m using (multicast) where m.digest = 'd' and p.expires_at - m.started_at = 1",
          )
        )[0]?.[0],
      );
    expect(await outbox.sweep({ limit: 333 }, within(SECOND))).toBe(333);
    expect(await remaining()).toBe(667);
    const all = await collected(outbox.deliveries("m", { pageSize: 100 }, within(SECOND)));
    expect(all.map(({ identity }) => identity)).toEqual(identities);
    expect(new Set(all.map(({ code }) => code))).toEqual(new Set(["EXPIRED"]));
    expect(await outbox.sweep({ limit: 10_000 }, within(SECOND))).toBe(667);
    expect(await outbox.counts("m", within(SECOND))).toEqual({ targets: 1_000, delivered: 0, failed: 1_000 });
  });

  test("a key whose multicast is over its retention is free, though nobody has swept", async () => {
    const namespace = freshNamespace();
    await using outbox = await openedOutbox(optionsOf(server), { namespace, ...RETENTION });
    await using caller = await callerOf(server);
    const key = { idempotencyKey: "k" };
    await commit(outbox, caller, "m", [], key);
    await until(async () => (await outbox.find("m", within(SECOND))) === undefined);
    expect(await commit(outbox, caller, "n", ["a"], key)).toMatchObject({ isNew: true });
    expect(await commit(outbox, caller, "m", ["a"])).toMatchObject({ isNew: true });
    const rows =
      "select count(*) from muster.outbox_multicasts join muster.durable_spaces using (space) where namespace = $1";
    expect(await tell(server, rows, [namespace])).toEqual([["2"]]);
  });

  test("payloads that are large come in parts, and one that is too large for a part comes alone", {
    timeout: 30 * SECOND,
  }, async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    const payload = new Uint8Array(7_000_000).fill(7);
    for (const id of ["a", "b", "c", "d"])
      await commit(outbox, caller, id, ["x"], { message: message(id, { payload }) });
    const leases = await lease(outbox);
    const seen: string[] = [];
    for (let taken = await takeAll(outbox, leases); taken.length > 0; taken = await takeAll(outbox, leases)) {
      expect(taken.length).toBeLessThanOrEqual(2);
      for (const one of taken) expect(Buffer.compare(one.start.message.payload, payload)).toBe(0);
      seen.push(...taken.map((one) => one.start.message.id));
      await settleAll(outbox, taken);
    }
    expect(seen).toEqual(["a", "b", "c", "d"]);
  });
});
