/** How a lease ends by somebody's word, each receipt for itself. */

import assert from "node:assert/strict";
import type { DurabilityCase } from "../../case.ts";
import { codesOf } from "../messaging/support.ts";
import {
  ack,
  attach,
  enqueue,
  expectHanded,
  expectNothing,
  longTtl,
  message,
  OTHER_SESSION,
  pair,
  refusalOf,
  settle,
  shortLease,
  take,
  takeOne,
  untilElapsed,
} from "./support.ts";

const DELAY_MS = 150;
/** Of two clocks that tick apart. */
const TICK_MS = 5;
const DEAD = { as: "dead", code: "REJECTED", reason: "no" } as const;

export const settlementCases: readonly DurabilityCase[] = [
  {
    id: "durability/settle/ack-ends-it",
    rule: "What has been acknowledged is never handed out again: not to others, not after another attachment, not to the next life.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("m"), ["a"]);
      await ack(ctx, [await takeOne(ctx, { leaseMs: shortLease(ctx) })]);
      await expectNothing(ctx);
      await attach(ctx, ["a"], { session: OTHER_SESSION });
      await expectNothing(ctx, { session: OTHER_SESSION });
      await attach(ctx, ["a"], { epoch: 2 });
      await expectNothing(ctx, { at: await ctx.peer() });
    },
  },
  {
    id: "durability/settle/ack-takes-only-its-own",
    rule: "An acknowledgement ends the delivery of its receipt, and neither another recipient's nor another message's.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a", "b", "c"]);
      await enqueue(ctx, message("1"), ["a", "b", "c"]);
      const held = await take(ctx, 3);
      await enqueue(ctx, message("2"), ["b"]);
      await ack(
        ctx,
        held.filter(({ identity }) => identity === "b"),
        await ctx.peer(),
      );
      await expectHanded(ctx, [pair("2", "b")]);
      await settle(
        ctx,
        held.filter(({ identity }) => identity !== "b").map(({ receipt }) => ({ receipt, as: "release" })),
      );
      await expectHanded(ctx, [pair("1", "a"), pair("1", "c")]);
    },
  },
  {
    id: "durability/settle/retry-counts",
    rule: "What is to be retried comes back, at once unless a delay is given, with one attempt more.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("m"), ["a"]);
      for (const attempt of [1, 2, 3]) {
        const one = await takeOne(ctx);
        assert.deepEqual([one.id, one.text, one.attempt], ["m", "text of m", attempt]);
        await settle(ctx, [{ receipt: one.receipt, as: "retry" }]);
      }
    },
  },
  {
    id: "durability/settle/retry-after-its-delay",
    rule: "Where delays are honoured, what is to be retried comes back when its delay is over, and not before.",
    slot: "durability",
    applies: ({ traits }) => traits.delay,
    async run(ctx) {
      await attach(ctx, ["a", "b"]);
      await enqueue(ctx, message("m"), ["a", "b"]);
      const [one, other] = await take(ctx, 2);
      assert.ok(one !== undefined && other !== undefined);
      const start = performance.now();
      await settle(ctx, [
        { receipt: one.receipt, as: "retry", delayMs: DELAY_MS },
        { receipt: other.receipt, as: "retry", delayMs: longTtl(ctx) / 2 },
      ]);
      const again = await takeOne(ctx);
      const elapsedMs = performance.now() - start;
      assert.deepEqual([again.identity, again.attempt], [one.identity, 2], "the one whose delay is over");
      assert.ok(elapsedMs >= DELAY_MS - TICK_MS, `it came back after ${elapsedMs.toFixed(0)} ms, of ${DELAY_MS}`);
      await expectNothing(ctx);
    },
  },
  {
    id: "durability/settle/release-is-no-attempt",
    rule: "What is released comes back at once, to whoever asks next, and its attempt does not count.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("m"), ["a"]);
      for (const at of [ctx.backend, await ctx.peer(), ctx.backend]) {
        const one = await takeOne(ctx, { at });
        assert.equal(one.attempt, 1);
        await settle(ctx, [{ receipt: one.receipt, as: "release" }], at);
      }
      const { receipt } = await takeOne(ctx);
      await settle(ctx, [{ receipt, as: "retry" }]);
      const second = await takeOne(ctx);
      await settle(ctx, [{ receipt: second.receipt, as: "release" }]);
      assert.deepEqual([second.attempt, (await takeOne(ctx)).attempt], [2, 2]);
    },
  },
  {
    id: "durability/settle/release-keeps-its-place",
    rule: "Where order is fifo, what is released comes before what was accepted after it.",
    slot: "durability",
    applies: ({ traits }) => traits.order === "fifo",
    async run(ctx) {
      await attach(ctx, ["a", "b"]);
      await enqueue(ctx, message("1"), ["a"]);
      await enqueue(ctx, message("2"), ["b"]);
      await enqueue(ctx, message("3"), ["a"]);
      const { receipt, id } = await takeOne(ctx, { max: 1 });
      assert.equal(id, "1");
      await settle(ctx, [{ receipt, as: "release" }]);
      const handed = await expectHanded(ctx, [pair("1", "a"), pair("2", "b"), pair("3", "a")]);
      assert.deepEqual(
        handed.map((one) => one.id),
        ["1", "2", "3"],
      );
    },
  },
  {
    id: "durability/settle/dead-is-never-handed-out",
    rule: "What has died is handed out no more, not even to the next life.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("m"), ["a"]);
      await settle(ctx, [{ receipt: (await takeOne(ctx)).receipt, ...DEAD }]);
      await expectNothing(ctx);
      await attach(ctx, ["a"], { epoch: 2 });
      await expectNothing(ctx);
    },
  },
  {
    id: "durability/settle/same-way-twice",
    rule: "Settling the same way twice is no failure, in one batch or in two, and happens once.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a", "b", "c", "d"]);
      await enqueue(ctx, message("m"), ["a", "b", "c", "d"]);
      const held = await take(ctx, 4);
      const ways = [{ as: "ack" }, DEAD, { as: "retry" }, { as: "release" }] as const;
      for (const [index, { receipt }] of held.entries()) {
        const settlement = { receipt, ...(ways[index] ?? DEAD) };
        for (const at of [ctx.backend, await ctx.peer()]) await settle(ctx, [settlement], at);
      }
      const [, , retried, released] = held;
      assert.ok(retried !== undefined && released !== undefined);
      const handed = await expectHanded(ctx, [pair("m", retried.identity), pair("m", released.identity)]);
      const attempts = new Map(handed.map(({ identity, attempt }) => [identity, attempt]));
      assert.deepEqual([attempts.get(retried.identity), attempts.get(released.identity)], [2, 1], "attempts");
    },
  },
  {
    id: "durability/settle/twice-in-one-batch",
    rule: "A receipt that is twice in a batch is settled once.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a", "b"]);
      await enqueue(ctx, message("m"), ["a", "b"]);
      const [one, other] = await take(ctx, 2);
      assert.ok(one !== undefined && other !== undefined);
      const twice = [one, other, one].map(({ receipt }) => ({ receipt, as: "ack" }) as const);
      await settle(ctx, twice);
      await expectNothing(ctx);
    },
  },
  {
    id: "durability/settle/differently-is-fenced",
    rule: "What has been settled is settled in another way by nobody: that fails with FENCED and changes nothing.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a", "b"]);
      await enqueue(ctx, message("m"), ["a", "b"]);
      const [acked, dead] = await take(ctx, 2);
      assert.ok(acked !== undefined && dead !== undefined);
      await settle(ctx, [
        { receipt: acked.receipt, as: "ack" },
        { receipt: dead.receipt, ...DEAD },
      ]);
      const peer = await ctx.peer();
      assert.equal(await refusalOf(ctx, { receipt: acked.receipt, as: "retry" }, peer), "FENCED");
      assert.equal(await refusalOf(ctx, { receipt: acked.receipt, ...DEAD }, peer), "FENCED");
      assert.equal(await refusalOf(ctx, { receipt: dead.receipt, as: "ack" }, peer), "FENCED");
      assert.equal(await refusalOf(ctx, { receipt: dead.receipt, as: "release" }, peer), "FENCED");
      await expectNothing(ctx);
    },
  },
  {
    id: "durability/settle/one-failure-is-one",
    rule: "A receipt that settles nothing any more, or never did, fails with FENCED at its own index, and the others are settled.",
    slot: "durability",
    applies: ({ traits }) => traits.maxBatch >= 5,
    async run(ctx) {
      await attach(ctx, ["a", "b", "c"]);
      await enqueue(ctx, message("m"), ["a", "b", "c"]);
      const [first, gone, last] = await take(ctx, 3);
      assert.ok(first !== undefined && gone !== undefined && last !== undefined);
      await settle(ctx, [{ receipt: gone.receipt, ...DEAD }]);
      const receipts = [first.receipt, gone.receipt, "no-such-receipt", last.receipt, ""];
      const failures = await ctx.backend.settleMany(
        receipts.map((receipt) => ({ receipt, as: "ack" })),
        ctx.call,
      );
      assert.deepEqual(codesOf(failures), [
        [1, "FENCED"],
        [2, "FENCED"],
        [4, "FENCED"],
      ]);
      await expectNothing(ctx);
    },
  },
  {
    id: "durability/settle/nothing",
    rule: "Settling, extending, attaching, detaching and dropping nothing is complete success.",
    slot: "durability",
    async run({ backend, call }) {
      assert.deepEqual(await backend.settleMany([], call), []);
      assert.deepEqual(await backend.extendMany([], 30_000, call), []);
      assert.deepEqual(await backend.attachMany("session-1", [], call), []);
      await backend.detachMany("session-1", [], call);
      await backend.dropMany([], { code: "UNREGISTERED", reason: "gone" }, call);
    },
  },
  {
    id: "durability/settle/late-is-fenced",
    rule: "Where leases fence, a receipt whose lease is over settles nothing, also before anyone else has the delivery.",
    slot: "durability",
    applies: ({ traits }) => traits.lease === "message" && traits.fences === "lease",
    async run(ctx) {
      await attach(ctx, ["a", "b"]);
      await enqueue(ctx, message("m"), ["a", "b"]);
      const leaseMs = shortLease(ctx);
      const late = await take(ctx, 2, { leaseMs });
      const start = performance.now();
      const again = await takeOne(ctx, { max: 1 });
      await untilElapsed(ctx, start, 2 * leaseMs);
      for (const { receipt } of late) assert.equal(await refusalOf(ctx, { receipt, ...DEAD }), "FENCED");
      await ack(ctx, [again]);
      await expectHanded(
        ctx,
        ["a", "b"].filter((one) => one !== again.identity).map((one) => pair("m", one)),
      );
    },
  },
  {
    id: "durability/settle/late-counts",
    rule: "Where the end of a lease does not fence, an acknowledgement that comes late counts, while nobody else has the delivery.",
    slot: "durability",
    applies: ({ traits }) => traits.lease === "message" && traits.fences !== "lease",
    async run(ctx) {
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("m"), ["a"]);
      const leaseMs = shortLease(ctx);
      const late = await takeOne(ctx, { leaseMs });
      await untilElapsed(ctx, performance.now(), 2 * leaseMs);
      await ack(ctx, [late]);
      await expectNothing(ctx);
    },
  },
];
