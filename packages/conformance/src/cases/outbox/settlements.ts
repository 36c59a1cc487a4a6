/** What becomes of parcels, and what is told of it. */

import assert from "node:assert/strict";
import type { OutboxCase } from "../../case.ts";
import { pair } from "../durability/support.ts";
import { refused } from "../messaging/support.ts";
import { LONG_MS, numbered } from "../support.ts";
import {
  deliveriesOf,
  expectKnown,
  expectWaiting,
  lease,
  OTHER_RELAY,
  parcelFor,
  RELAY,
  send,
  settle,
  settleAll,
  settlementOf,
  take,
} from "./support.ts";

const FAILURE = { identity: "a", code: "UNREGISTERED", reason: "it has gone" } as const;
/** Long enough for others to come first. */
const DELAY_MS = 300;

function settleCase(name: string, rule: string, run: OutboxCase["run"]): OutboxCase {
  return { id: `outbox/settle/${name}`, rule, slot: "outbox", run };
}

export const outboxSettlementCases: readonly OutboxCase[] = [
  settleCase(
    "handed-is-gone",
    "What was handed over is never taken again, and nothing more is told of it than that there was a recipient.",
    async (ctx) => {
      await send(ctx, "m", ["a", "b"]);
      await settleAll(ctx);
      await expectWaiting(ctx, []);
      await expectKnown(ctx, "m", { targets: 2, delivered: 0, failed: 0 }, {});
      assert.equal((await ctx.backend.find("m", ctx.call))?.message.id, "m");
    },
  ),
  settleCase("delivered-is-told", "What was delivered is never taken again, and is told as delivered.", async (ctx) => {
    await send(ctx, "m", ["a", "b"]);
    await send(ctx, "n", ["a"]);
    await settleAll(ctx, { as: "delivered" });
    await expectWaiting(ctx, []);
    await expectKnown(ctx, "m", { targets: 2, delivered: 2, failed: 0 }, { a: "delivered", b: "delivered" });
    const [first] = await deliveriesOf(ctx, "m");
    assert.deepEqual([first?.code, first?.reason], [undefined, undefined]);
  }),
  settleCase(
    "failed-is-told-why",
    "What has failed is never taken again, and is told as failed with its code and its reason.",
    async (ctx) => {
      const codes = ["UNREGISTERED", "QUEUE_FULL", "REJECTED", "EXPIRED", "DEAD_LETTERED"] as const;
      for (const code of codes) {
        await send(ctx, code, ["a", "b"]);
        const failed = [{ identity: "a", code, reason: `why: "${code}"` }];
        for (const parcel of await take(ctx)) {
          const isHere = parcel.targets.some(({ identity }) => identity === "a");
          await settle(ctx, parcel, { as: "delivered", failed: isHere ? failed : [] });
        }
        await expectKnown(ctx, code, { targets: 2, delivered: 1, failed: 1 }, { a: "failed", b: "delivered" });
        const [first] = await deliveriesOf(ctx, code);
        assert.deepEqual([first?.code, first?.reason], [code, `why: "${code}"`]);
      }
      await expectWaiting(ctx, []);
    },
  ),
  settleCase(
    "left-is-there-again",
    "Who was left behind is there again, in a parcel of the same name that has been left once more; the others are not.",
    async (ctx) => {
      const many = numbered("one", 3 * ctx.backend.traits.shards);
      await send(ctx, "m", many);
      const taken = await take(ctx);
      const left = new Map(taken.map(({ parcel, targets }) => [parcel, targets[0]?.identity ?? ""]));
      for (const round of [1, 2]) {
        for (const parcel of await take(ctx)) await settle(ctx, parcel, { left: [left.get(parcel.parcel) ?? ""] });
        const parcels = await expectWaiting(
          ctx,
          [...left.values()].map((identity) => pair("m", identity)),
        );
        for (const { parcel, attempts, targets } of parcels) {
          assert.deepEqual([targets.map(({ identity }) => identity), attempts], [[left.get(parcel)], round]);
        }
      }
      assert.equal((await ctx.backend.counts("m", ctx.call)).targets, many.length);
    },
  ),
  settleCase(
    "left-for-later",
    "Who was left behind with a delay is not due before that, comes when it is over, and holds up nobody.",
    async (ctx) => {
      await send(ctx, "far", ["a"]);
      await send(ctx, "near", ["a"]);
      await send(ctx, "next", ["a"]);
      const taken = await take(ctx);
      await settle(ctx, parcelFor(taken, "far", "a"), { left: ["a"], delayMs: LONG_MS / 2 });
      await settle(ctx, parcelFor(taken, "near", "a"), { left: ["a"], delayMs: DELAY_MS });
      await expectWaiting(ctx, [pair("next", "a")]);
      await ctx.eventually(async () => expectWaiting(ctx, [pair("near", "a"), pair("next", "a")]));
      assert.equal((await ctx.backend.backlog(ctx.call)).deliveries, 3);
    },
  ),
  settleCase("neighbours-stay", "Settling one parcel leaves what else waits in its shard as it was.", async (ctx) => {
    for (const id of ["first", "second", "third"]) await send(ctx, id, ["a"]);
    await settle(ctx, parcelFor(await take(ctx), "second", "a"), { as: "delivered" });
    await expectWaiting(ctx, [pair("first", "a"), pair("third", "a")]);
    await expectKnown(ctx, "third", { targets: 1, delivered: 0, failed: 0 }, { a: "pending" });
  }),
  settleCase(
    "several-at-once",
    "Several parcels of a shard are settled in one call, each in its own way.",
    async (ctx) => {
      for (const id of ["handed", "delivered", "failed", "left"]) await send(ctx, id, ["a"]);
      const taken = await take(ctx);
      const { lease: own } = parcelFor(taken, "handed", "a");
      const through = await ctx.backend.settleMany(
        own,
        [
          settlementOf(parcelFor(taken, "handed", "a")),
          settlementOf(parcelFor(taken, "delivered", "a"), { as: "delivered" }),
          settlementOf(parcelFor(taken, "failed", "a"), { failed: [FAILURE] }),
          settlementOf(parcelFor(taken, "left", "a"), { left: ["a"] }),
        ],
        ctx.call,
      );
      assert.deepEqual(through.toSorted(), ["delivered", "failed", "handed"]);
      await expectWaiting(ctx, [pair("left", "a")]);
      await expectKnown(ctx, "handed", { targets: 1, delivered: 0, failed: 0 }, {});
      await expectKnown(ctx, "delivered", { targets: 1, delivered: 1, failed: 0 }, { a: "delivered" });
      await expectKnown(ctx, "failed", { targets: 1, delivered: 0, failed: 1 }, { a: "failed" });
    },
  ),
  settleCase("twice-is-once", "Settling again what is settled is no failure, and changes nothing.", async (ctx) => {
    await send(ctx, "m", ["a"]);
    await send(ctx, "n", ["a"]);
    const taken = await take(ctx);
    const [one, other] = [parcelFor(taken, "m", "a"), parcelFor(taken, "n", "a")];
    for (const as of ["delivered", "delivered", "handed"] as const) await settle(ctx, one, { as });
    for (const _ of [1, 2]) await settle(ctx, other, { failed: [FAILURE] });
    await settle(ctx, one, { failed: [FAILURE] });
    await expectKnown(ctx, "m", { targets: 1, delivered: 1, failed: 0 }, { a: "delivered" });
    await expectKnown(ctx, "n", { targets: 1, delivered: 0, failed: 1 }, { a: "failed" });
    await expectWaiting(ctx, []);
  }),
  settleCase("all-or-none", "When a lease is over none of the parcels is settled.", async (ctx) => {
    const ids = numbered("m", 3);
    for (const id of ids) await send(ctx, id, ["a"]);
    const taken = await take(ctx);
    const { lease: own } = parcelFor(taken, "m-0", "a");
    await ctx.backend.releaseShards(RELAY, ctx.call);
    await lease(ctx, { relay: OTHER_RELAY });
    const settlements = taken.map((one) => settlementOf(one, { as: "delivered" }));
    await refused(ctx.backend.settleMany(own, settlements, ctx.call), "FENCED");
    await expectWaiting(
      ctx,
      ids.map((id) => pair(id, "a")),
      { relay: OTHER_RELAY },
    );
    for (const id of ids) assert.equal((await ctx.backend.counts(id, ctx.call)).delivered, 0);
  }),
  settleCase(
    "tells-who-is-through",
    "Settling tells the ids of the multicasts of which nobody waits any more, in whichever shard, and of no other.",
    async (ctx) => {
      const many = numbered("one", 3 * ctx.backend.traits.shards);
      await send(ctx, "m", many);
      await send(ctx, "n", ["one-05", "x"]);
      await send(ctx, "p", ["y"]);
      const through: string[] = [];
      for (const parcel of await take(ctx)) {
        const { id } = parcel.start.message;
        if (id === "p") continue;
        const told = await settle(ctx, parcel);
        const deliveries = await deliveriesOf(ctx, id);
        assert.deepEqual(told, deliveries.length === 0 ? [id] : [], `when ${deliveries.length} wait`);
        through.push(...told);
      }
      assert.deepEqual(through.toSorted(), ["m", "n"]);
    },
  ),
];
