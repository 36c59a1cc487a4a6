/** What a relay finds in its shards, and in which order. */

import assert from "node:assert/strict";
import { compareStrings } from "@muster/filter";
import type { OutboxCase, OutboxContext } from "../../case.ts";
import { pair } from "../durability/support.ts";
import { numbered } from "../support.ts";
import {
  expectWaiting,
  lease,
  longLease,
  OTHER_RELAY,
  parcelFor,
  RELAY,
  send,
  settle,
  settleAll,
  take,
  type Taken,
  takeFrom,
  waitingIn,
} from "./support.ts";

function takeCase(name: string, rule: string, run: OutboxCase["run"]): OutboxCase {
  return { id: `outbox/take/${name}`, rule, slot: "outbox", run };
}

/** So many that some shard has several of them. */
function crowd({ backend }: OutboxContext): readonly string[] {
  return numbered("one", 3 * backend.traits.shards);
}

function sizeOf(parcels: readonly Taken[]): number {
  return waitingIn(parcels).length;
}

export const takeCases: readonly OutboxCase[] = [
  takeCase(
    "oldest-first",
    "What waits for an identity is taken in the order in which it was committed, whoever else it was for.",
    async (ctx) => {
      const ids = numbered("m", 12).toReversed();
      for (const [index, id] of ids.entries()) await send(ctx, id, index % 3 === 0 ? ["a", ...crowd(ctx)] : ["a"]);
      const taken = waitingIn(await take(ctx)).filter((one) => one.endsWith(" for a"));
      assert.deepEqual(
        taken,
        ids.map((id) => pair(id, "a")),
      );
    },
  ),
  takeCase(
    "stays-until-settled",
    "What was taken is there again, under the same name, for the same relay and for the next, until it is settled.",
    async (ctx) => {
      await send(ctx, "m", crowd(ctx));
      const briefOf = (parcels: readonly Taken[]): readonly string[] =>
        parcels.map(({ parcel, lease: { shard }, attempts, targets }) =>
          JSON.stringify([parcel, shard, attempts, targets]),
        );
      const first = briefOf(await take(ctx));
      assert.ok(first.length > 0, "something is due");
      assert.deepEqual(briefOf(await take(ctx)), first, "for the same relay");
      await ctx.backend.releaseShards(RELAY, ctx.call);
      const at = await ctx.peer();
      assert.deepEqual(briefOf(await take(ctx, { relay: OTHER_RELAY, at })), first, "for the next");
    },
  ),
  takeCase(
    "one-shard-for-an-identity",
    "Whatever is for one identity lies in one shard, whichever multicast it is of and whoever else that is for.",
    async (ctx) => {
      await send(ctx, "all", crowd(ctx));
      for (const id of numbered("m", 4))
        await send(ctx, id, crowd(ctx).slice(5, 9), { at: await ctx.peer(), epoch: 2 });
      const shards = new Map<string, Set<number>>();
      for (const {
        targets,
        lease: { shard },
      } of await take(ctx))
        for (const { identity } of targets) shards.set(identity, (shards.get(identity) ?? new Set()).add(shard));
      const several = [...shards].filter(([, own]) => own.size > 1);
      assert.deepEqual(several, [], "identities in several shards");
      assert.equal(shards.size, crowd(ctx).length);
    },
  ),
  takeCase(
    "at-most-max-targets",
    "A relay is given the oldest parcels with at most maxTargets recipients in all, but one parcel where there is one.",
    async (ctx) => {
      for (const id of numbered("m", 9)) await send(ctx, id, ["a"]);
      await send(ctx, "wide", crowd(ctx));
      for (const one of await lease(ctx)) {
        const all = await takeFrom(ctx, [one]);
        for (const maxTargets of [1, 4, 1_000]) {
          const some = await ctx.backend.take(one, { maxTargets }, ctx.call);
          const expected = all.slice(0, some.length);
          assert.deepEqual(
            some.map(({ parcel }) => parcel),
            expected.map(({ parcel }) => parcel),
            "the oldest",
          );
          assert.ok(some.length > 0 || all.length === 0, "one parcel where there is one");
          assert.ok(some.length <= 1 || sizeOf(expected) <= maxTargets, `at most ${maxTargets}`);
        }
      }
    },
  ),
  takeCase(
    "gets-to-all-of-it",
    "Who takes little at a time, and settles it, gets to the end of it, and to everyone once.",
    async (ctx) => {
      await send(ctx, "m", crowd(ctx));
      await send(ctx, "n", crowd(ctx).slice(3));
      const seen: string[] = [];
      for (const one of await lease(ctx)) {
        const next = async (): Promise<readonly Taken[]> =>
          (await ctx.backend.take(one, { maxTargets: 1 }, ctx.call)).map((parcel) => ({ ...parcel, lease: one }));
        for (let taken = await next(); taken.length > 0; taken = await next()) {
          seen.push(...waitingIn(taken));
          for (const parcel of taken) await settle(ctx, parcel);
        }
      }
      const expected = [
        ...crowd(ctx).map((one) => pair("m", one)),
        ...crowd(ctx)
          .slice(3)
          .map((one) => pair("n", one)),
      ];
      assert.deepEqual(seen.toSorted(), expected.toSorted());
      await expectWaiting(ctx, []);
    },
  ),
  takeCase(
    "recipients-in-order",
    "The recipients of a parcel are in the order of the bytes of identity.",
    async (ctx) => {
      const identities = [...crowd(ctx), "\u00e9", "\uffee", "\u{1f600}", "\ufb01", "B", "a"].toReversed();
      await send(ctx, "m", identities);
      for (const { targets } of await take(ctx)) {
        const order = targets.map(({ identity }) => identity);
        assert.deepEqual(order, order.toSorted(compareStrings));
      }
    },
  ),
  takeCase("by-whoever-opens-later", "What nobody has taken is there for who opens later.", async (ctx) => {
    const first = await ctx.peer();
    await send(ctx, "m", ["a", "b"], { at: first });
    await first.close();
    const at = await ctx.peer();
    const parcels = await expectWaiting(ctx, [pair("m", "a"), pair("m", "b")], { at });
    await settle(ctx, parcelFor(parcels, "m", "a"), {}, at);
    await settleAll(ctx);
    await expectWaiting(ctx, [], { leaseMs: longLease(ctx) });
  }),
];
