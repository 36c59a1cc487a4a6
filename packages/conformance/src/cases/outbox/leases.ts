/** Which relay serves which shard, and for how long. */

import assert from "node:assert/strict";
import type { OutboxBackend, ShardLease } from "@muster/core/slots";
import type { OutboxCase, OutboxContext } from "../../case.ts";
import { pair, untilElapsed } from "../durability/support.ts";
import { refused } from "../messaging/support.ts";
import { numbered } from "../support.ts";
import {
  expectWaiting,
  lease,
  longLease,
  OTHER_RELAY,
  parcelFor,
  RELAY,
  send,
  settlementOf,
  shortLease,
  take,
  takeFrom,
  waitingIn,
} from "./support.ts";

function leaseCase(name: string, rule: string, run: OutboxCase["run"], applies?: OutboxCase["applies"]): OutboxCase {
  return { id: `outbox/lease/${name}`, rule, slot: "outbox", ...(applies && { applies }), run };
}

/** Whether several relays have something to share. */
function isShared({ traits }: OutboxBackend): boolean {
  return traits.shards >= 3;
}

function shardsOf(leases: readonly ShardLease[]): readonly number[] {
  return leases.map(({ shard }) => shard).toSorted((a, b) => a - b);
}

function allShards({ backend }: OutboxContext): readonly number[] {
  return Array.from({ length: backend.traits.shards }, (_, shard) => shard);
}

/** Asks for each relay until nothing moves any more; what each holds then. */
async function evenedOut(
  ctx: OutboxContext,
  relays: readonly string[],
): Promise<ReadonlyMap<string, readonly ShardLease[]>> {
  const held = new Map<string, readonly ShardLease[]>();
  for (const round of [1, 2, 3])
    for (const relay of relays)
      held.set(relay, await lease(ctx, { relay, at: round === 2 ? await ctx.peer() : ctx.backend }));
  return held;
}

/** Neither of them takes or settles anything. */
async function expectFenced(ctx: OutboxContext, over: ShardLease, parcel?: string): Promise<void> {
  await refused(ctx.backend.take(over, { maxTargets: 1 }, ctx.call), "FENCED");
  const settlements = parcel === undefined ? [] : [{ parcel, as: "handed", failed: [], left: [] } as const];
  await refused(ctx.backend.settleMany(over, settlements, ctx.call), "FENCED");
}

export const leaseCases: readonly OutboxCase[] = [
  leaseCase("alone-has-all", "A relay that is alone holds every shard, each by a lease of its own.", async (ctx) => {
    const leases = await lease(ctx);
    assert.deepEqual(shardsOf(leases), allShards(ctx));
    assert.equal(new Set(leases.map((one) => one.lease)).size, leases.length, "leases");
  }),
  leaseCase(
    "fair-shares",
    "Of one, two or three relays each holds its share of the shards, give or take one, when all have asked again; nobody holds another's.",
    async (ctx) => {
      const relays = ["r1", "r2", "r3"];
      for (const count of [1, 2, 3, 2]) {
        const asking = relays.slice(0, count);
        if (count === 2) await ctx.backend.releaseShards("r3", ctx.call);
        const held = await evenedOut(ctx, asking);
        for (const [relay, leases] of held) {
          const distance = Math.abs(leases.length - ctx.backend.traits.shards / count);
          assert.ok(distance <= 1, `of ${count}, ${relay} holds ${leases.length}`);
        }
        assert.deepEqual(shardsOf([...held.values()].flat()), allShards(ctx), "each shard once");
      }
    },
    isShared,
  ),
  leaseCase(
    "nothing-taken-away",
    "What a relay holds nobody else gets while its lease goes on, however many ask.",
    async (ctx) => {
      const leases = await lease(ctx);
      for (const relay of numbered("greedy", 4)) assert.deepEqual(await lease(ctx, { relay }), []);
      await send(ctx, "m", ["a"]);
      assert.deepEqual(waitingIn(await takeFrom(ctx, leases)), [pair("m", "a")]);
    },
  ),
  leaseCase(
    "renewed-keeps-its-name",
    "A lease that is renewed keeps its name, and what was taken by it can be settled by it.",
    async (ctx) => {
      await send(ctx, "m", ["a"]);
      const first = await lease(ctx);
      const taken = parcelFor(await takeFrom(ctx, first), "m", "a");
      assert.deepEqual(await lease(ctx, { at: await ctx.peer() }), first);
      await ctx.backend.settleMany(taken.lease, [settlementOf(taken)], ctx.call);
      await expectWaiting(ctx, []);
    },
  ),
  leaseCase(
    "fenced-when-it-is-over",
    "When a lease is over nothing is taken or settled by it any more, though nobody has taken its place.",
    async (ctx) => {
      await send(ctx, "m", ["a"]);
      const leaseMs = shortLease(ctx) * 5;
      const before = performance.now();
      const taken = parcelFor(await take(ctx, { leaseMs }), "m", "a");
      await untilElapsed(ctx, before, leaseMs);
      await ctx.eventually(async () => expectFenced(ctx, taken.lease, taken.parcel));
      await expectWaiting(ctx, [pair("m", "a")], { relay: OTHER_RELAY });
    },
  ),
  leaseCase(
    "named-anew-behind-its-end",
    "Who leases a shard again after its lease was over gets another name for it, and the old one stays fenced.",
    async (ctx) => {
      const leaseMs = shortLease(ctx);
      const [over] = await lease(ctx, { leaseMs });
      assert.ok(over !== undefined);
      await ctx.eventually(async () => expectFenced(ctx, over));
      const again = (await lease(ctx)).find(({ shard }) => shard === over.shard);
      assert.ok(again !== undefined && again.lease !== over.lease, "another name");
      await expectFenced(ctx, over);
      await takeFrom(ctx, [again]);
    },
  ),
  leaseCase(
    "a-dead-relays-shards-come-free",
    "When a relay stops asking its shards come to the others, and what it had taken with them; it settles nothing any more.",
    async (ctx) => {
      await send(ctx, "m", ["a", "b"]);
      const taken = await take(ctx, { relay: "dead", leaseMs: shortLease(ctx) * 5 });
      const at = await ctx.peer();
      await ctx.eventually(async () =>
        assert.deepEqual(shardsOf(await lease(ctx, { relay: OTHER_RELAY, at })), allShards(ctx)),
      );
      await expectWaiting(ctx, [pair("m", "a"), pair("m", "b")], { relay: OTHER_RELAY, at });
      for (const one of taken) await expectFenced(ctx, one.lease, one.parcel);
      await expectWaiting(ctx, [pair("m", "a"), pair("m", "b")], { relay: OTHER_RELAY, at });
    },
  ),
  leaseCase(
    "counts-while-its-lease-goes-on",
    "A relay counts as one that shares for as long as the lease that it has asked for, and not longer.",
    async (ctx) => {
      await lease(ctx, { relay: "long", leaseMs: longLease(ctx) });
      await lease(ctx, { relay: "short", leaseMs: shortLease(ctx) });
      await ctx.eventually(async () =>
        assert.deepEqual(shardsOf(await lease(ctx, { relay: "long" })), allShards(ctx), "when the other is over"),
      );
      await lease(ctx, { relay: "other", leaseMs: longLease(ctx) });
      const left = shardsOf(await lease(ctx, { relay: "long" }));
      assert.ok(left.length < ctx.backend.traits.shards, "it gives some back");
    },
    isShared,
  ),
  leaseCase(
    "given-back",
    "What a relay gives back is fenced and free at once, and it no longer counts; giving back nothing is nothing.",
    async (ctx) => {
      await send(ctx, "m", ["a"]);
      const taken = parcelFor(await take(ctx), "m", "a");
      for (const relay of ["unknown", RELAY, RELAY]) await (await ctx.peer()).releaseShards(relay, ctx.call);
      await expectFenced(ctx, taken.lease, taken.parcel);
      assert.deepEqual(shardsOf(await lease(ctx, { relay: OTHER_RELAY })), allShards(ctx));
      await expectFenced(ctx, taken.lease, taken.parcel);
      await expectWaiting(ctx, [pair("m", "a")], { relay: OTHER_RELAY });
    },
  ),
  leaseCase(
    "shared-out-anew-is-fenced",
    "A shard that has gone to another relay is fenced for the one that gave it, which goes on with the rest.",
    async (ctx) => {
      const many = numbered("one", 3 * ctx.backend.traits.shards);
      await send(ctx, "m", many);
      const first = await lease(ctx, { relay: "r1" });
      const held = await evenedOut(ctx, ["r2", "r1"]);
      const kept = new Set((held.get("r1") ?? []).map((one) => one.lease));
      for (const one of first)
        if (kept.has(one.lease)) await takeFrom(ctx, [one]);
        else await expectFenced(ctx, one);
      const taken = [...held.values()].map(async (leases) => waitingIn(await takeFrom(ctx, leases)));
      assert.deepEqual((await Promise.all(taken)).flat().toSorted(), many.map((one) => pair("m", one)).toSorted());
    },
    isShared,
  ),
];
