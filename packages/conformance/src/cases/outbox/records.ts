/** What commits with a transaction, and what goes with it. */

import assert from "node:assert/strict";
import type { OutboxTarget } from "@muster/core/slots";
import type { OutboxCase } from "../../case.ts";
import { freshKey } from "../durability/facets.ts";
import { message, pair } from "../durability/support.ts";
import { refused } from "../messaging/support.ts";
import { numbered } from "../support.ts";
import {
  begin,
  expectKnown,
  expectWaiting,
  inVain,
  outboxProbeOf,
  pagesOf,
  record,
  send,
  startOf,
  take,
  targetsOf,
  waitingIn,
} from "./support.ts";

const ZEROS = { targets: 0, delivered: 0, failed: 0 };

function recordCase(name: string, rule: string, run: OutboxCase["run"]): OutboxCase {
  return { id: `outbox/record/${name}`, rule, slot: "outbox", run };
}

export const recordCases: readonly OutboxCase[] = [
  recordCase(
    "seen-only-after-commit",
    "Until its transaction has committed nobody sees a multicast, whatever is committed meanwhile; from then on everybody does.",
    async (ctx) => {
      const peer = await ctx.peer();
      const own = await begin(ctx);
      const { isNew, targetCount } = await record(ctx, own, "m", ["a", "b"]);
      assert.deepEqual([isNew, targetCount], [true, 2]);
      await send(ctx, "marker", ["a"]);
      await expectWaiting(ctx, [pair("marker", "a")], { at: peer });
      assert.equal(await peer.find("m", ctx.call), undefined);
      await expectKnown(ctx, "m", ZEROS, {});
      await own.commit();
      await expectWaiting(ctx, [pair("marker", "a"), pair("m", "a"), pair("m", "b")], { at: peer });
      await expectKnown(ctx, "m", { targets: 2, delivered: 0, failed: 0 }, { a: "pending", b: "pending" });
    },
  ),
  recordCase(
    "rolled-back-leaves-nothing",
    "When its transaction is rolled back a multicast has never been, and its id can be recorded again.",
    async (ctx) => {
      await inVain(ctx, async (own) => record(ctx, own, "m", ["a", "b"]));
      await send(ctx, "marker", ["a"]);
      await expectWaiting(ctx, [pair("marker", "a")]);
      assert.equal(await ctx.backend.find("m", ctx.call), undefined);
      await expectKnown(ctx, "m", ZEROS, {});
      assert.equal((await send(ctx, "m", ["c"])).isNew, true);
      await expectWaiting(ctx, [pair("marker", "a"), pair("m", "c")]);
    },
  ),
  recordCase(
    "with-the-writes-of-its-transaction",
    "A multicast stands exactly when what its transaction has written does.",
    async (ctx) => {
      const [kept, dropped] = [freshKey(), freshKey()];
      const own = await begin(ctx);
      await own.write(kept);
      await record(ctx, own, "m", ["a"]);
      await own.write(kept);
      await own.commit();
      await inVain(ctx, async (other) => {
        await other.write(dropped);
        await record(ctx, other, "n", ["a"]);
      });
      const { read } = outboxProbeOf(ctx);
      assert.deepEqual([await read(kept), await read(dropped)], [2, 0], "writes that stand");
      await expectWaiting(ctx, [pair("m", "a")]);
    },
  ),
  recordCase(
    "several-in-one-transaction",
    "Of several multicasts of one transaction all are there when it has committed, in the order in which they were recorded.",
    async (ctx) => {
      const ids = numbered("m", 5);
      await inVain(ctx, async (own) => {
        for (const id of ids) await record(ctx, own, id, ["z"]);
      });
      const own = await begin(ctx);
      for (const id of ids) await record(ctx, own, id, ["a"]);
      await own.commit();
      const parcels = await take(ctx);
      assert.deepEqual(
        waitingIn(parcels),
        ids.map((id) => pair(id, "a")),
      );
    },
  ),
  recordCase(
    "half-done-is-undone",
    "When its targets throw record rejects with that, nothing of it stands, and the transaction goes on.",
    async (ctx) => {
      const boom = new Error("the targets can't be read");
      async function* failing(): AsyncGenerator<readonly OutboxTarget[], void, undefined> {
        yield targetsOf(numbered("a", 50));
        throw boom;
      }
      const [own, key] = [await begin(ctx), freshKey()];
      await own.write(key);
      await record(ctx, own, "before", ["a"]);
      const start = startOf(ctx, "m", { idempotencyKey: "key" });
      const recording = ctx.backend.record(own.transaction, start, failing(), ctx.call);
      assert.equal(await recording.catch((error: unknown) => error), boom);
      assert.equal((await record(ctx, own, "after", ["b"], { idempotencyKey: "key" })).isNew, true, "the key is free");
      await own.write(key);
      await own.commit();
      await expectWaiting(ctx, [pair("before", "a"), pair("after", "b")]);
      assert.equal(await ctx.backend.find("m", ctx.call), undefined);
      assert.equal(await outboxProbeOf(ctx).read(key), 2, "writes that stand");
    },
  ),
  recordCase(
    "given-up-is-undone",
    "When its call is given up while its targets are read record rejects, nothing of it stands, and the transaction goes on.",
    async (ctx) => {
      const caller = new AbortController();
      async function* waiting(): AsyncGenerator<readonly OutboxTarget[], void, undefined> {
        yield targetsOf(["a"]);
        caller.abort();
        yield targetsOf(["b"]);
      }
      const own = await begin(ctx);
      const call = { signal: caller.signal };
      await refused(ctx.backend.record(own.transaction, startOf(ctx, "m"), waiting(), call), "ABORTED");
      await record(ctx, own, "after", ["c"]);
      await own.commit();
      await expectWaiting(ctx, [pair("after", "c")]);
      assert.equal(await ctx.backend.find("m", ctx.call), undefined);
    },
  ),
  recordCase("nobody-twice", "Whoever is named twice, on one page or on several, is recorded once.", async (ctx) => {
    const own = await begin(ctx);
    const pages = pagesOf(targetsOf(["a", "b", "a"]), targetsOf(["c", "b"]), targetsOf(["a"]));
    const { targetCount } = await ctx.backend.record(own.transaction, startOf(ctx, "m"), pages, ctx.call);
    await own.commit();
    assert.equal(targetCount, 3);
    await expectWaiting(ctx, [pair("m", "a"), pair("m", "b"), pair("m", "c")]);
    assert.equal((await ctx.backend.counts("m", ctx.call)).targets, 3);
  }),
  recordCase(
    "pages-of-any-size",
    "Pages may be empty, single or large, and there may be none: then the multicast is known, and nobody waits.",
    async (ctx) => {
      const many = numbered("many", 3_000);
      const own = await begin(ctx);
      const pages = pagesOf(targetsOf([]), targetsOf(["a"]), targetsOf(many), targetsOf([]), targetsOf(["b"]));
      const recorded = await ctx.backend.record(own.transaction, startOf(ctx, "m"), pages, ctx.call);
      const none = await ctx.backend.record(own.transaction, startOf(ctx, "none"), pagesOf(), ctx.call);
      await own.commit();
      assert.deepEqual([recorded.targetCount, none.targetCount], [3_002, 0]);
      await expectWaiting(
        ctx,
        ["a", ...many, "b"].map((identity) => pair("m", identity)),
      );
      assert.equal((await ctx.backend.find("none", ctx.call))?.message.id, "none");
    },
  ),
  recordCase(
    "as-it-was-given",
    "What was recorded comes back whole: message, filter, key, digest, TTL, and each recipient's epoch.",
    async (ctx) => {
      const payload = Uint8Array.of(0, 255, 128, 10);
      const given = startOf(ctx, "m", {
        message: message("m", { payload, replyTo: "node/1", contentType: "x/y", guarantee: "exactly-once", sentAt: 7 }),
        idempotencyKey: "key",
        filter: null,
      });
      const own = await begin(ctx);
      const targets = pagesOf([
        { identity: "a", epoch: 3 },
        { identity: "b", epoch: 9_007_199_254_740_991 },
      ]);
      const { record: told } = await ctx.backend.record(own.transaction, given, targets, ctx.call);
      await own.commit();
      const { state, startedAt, ...stored } = (await (await ctx.peer()).find("m", ctx.call)) ?? told;
      assert.deepEqual(told, { ...stored, state, startedAt }, "what record says");
      assert.equal(state, "complete");
      assert.ok(Number.isSafeInteger(startedAt) && startedAt > 0, `startedAt: ${startedAt}`);
      const parcels = await take(ctx);
      for (const { message: one, ...rest } of [stored, ...parcels.map((parcel) => parcel.start)]) {
        const { message: first, ...others } = given;
        assert.deepEqual({ ...one, payload: [...one.payload] }, { ...first, payload: [...payload] });
        assert.deepEqual(rest, others);
      }
      const epochs = parcels.flatMap((parcel) => parcel.targets).map(({ identity, epoch }) => [identity, epoch]);
      assert.deepEqual(Object.fromEntries(epochs), { a: 3, b: 9_007_199_254_740_991 });
    },
  ),
  recordCase(
    "not-a-transaction",
    "What is no transaction, or one that has ended, is refused with INVALID_ARGUMENT.",
    async (ctx) => {
      const committed = await begin(ctx);
      await committed.commit();
      const rolledBack = await begin(ctx);
      await rolledBack.rollback();
      for (const transaction of [undefined, null, {}, "begin", committed.transaction, rolledBack.transaction]) {
        const recording = ctx.backend.record(transaction, startOf(ctx, "m"), pagesOf(targetsOf(["a"])), ctx.call);
        await refused(recording, "INVALID_ARGUMENT");
      }
      await expectWaiting(ctx, []);
    },
  ),
];
