/** What sweeping ends and forgets, and what it must not. */

import assert from "node:assert/strict";
import type { DurabilityBackend, DurabilityScope } from "@muster/core/slots";
import type { DurabilityCase, DurabilityContext } from "../../case.ts";
import { LONG_MS, numbered } from "../support.ts";
import {
  begin,
  deadLettersOf,
  deliveriesOf,
  expectTracked,
  hasDeadLetters,
  hasTracking,
  lettersOf,
  sweepAll,
  trackingOf,
} from "./facets.ts";
import { bury } from "./letters.ts";
import {
  ack,
  attach,
  dequeue,
  enqueue,
  expectHanded,
  expectNothing,
  longTtl,
  message,
  pair,
  settle,
  takeOne,
  tryEnqueue,
} from "./support.ts";

const SHORT_MS = 60;
const SCOPE: DurabilityScope = { trackingRetentionMs: LONG_MS, deadLetterRetentionMs: LONG_MS };

/** Another process' view, in which something ends sooner. */
async function peerWith(ctx: DurabilityContext, changes: Partial<DurabilityScope>): Promise<DurabilityBackend> {
  return ctx.peer({ durability: { ...SCOPE, ...changes } });
}

/** One that begins, is delivered, and is complete. */
async function multicast(ctx: DurabilityContext): Promise<void> {
  await attach(ctx, ["a"]);
  await begin(ctx, message("m"), { idempotencyKey: "key" });
  await enqueue(ctx, message("m"), ["a"]);
  await ack(ctx, [await takeOne(ctx)]);
  await trackingOf(ctx.backend).complete("m", ctx.call);
}

export const sweepCases: readonly DurabilityCase[] = [
  {
    id: "durability/sweep/expired-has-failed",
    rule: "Once it has been swept, what is past its TTL reads as failed with EXPIRED, and what is not as before.",
    slot: "durability",
    applies: hasTracking,
    async run(ctx) {
      await attach(ctx, ["a"]);
      for (const id of ["short", "long"]) await begin(ctx, message(id));
      await enqueue(ctx, message("short"), ["a", "b"], { ttlMs: SHORT_MS });
      await enqueue(ctx, message("long"), ["a", "b"]);
      const peer = await ctx.peer();
      await ctx.eventually(async () => {
        await sweepAll(ctx, peer);
        const counts = await trackingOf(ctx.backend).counts("short", ctx.call);
        assert.deepEqual(counts, { pending: 0, delivered: 0, failed: 2 });
      });
      const codes = (await deliveriesOf(ctx, "short")).map(({ status, code }) => [status, code]);
      assert.deepEqual(codes, [
        ["failed", "EXPIRED"],
        ["failed", "EXPIRED"],
      ]);
      await expectTracked(ctx, "long", { a: "pending", b: "pending" });
      await expectHanded(ctx, [pair("long", "a")]);
    },
  },
  {
    id: "durability/sweep/expired-makes-room",
    rule: "What is past its TTL takes up no place in a full queue once it has been swept.",
    slot: "durability",
    applies: ({ traits }) => traits.queueQuota,
    async run(ctx) {
      const at = await peerWith(ctx, { maxQueued: 1 });
      await enqueue(ctx, message("short"), ["a"], { ttlMs: SHORT_MS, at });
      await ctx.eventually(async () => {
        await sweepAll(ctx, at);
        assert.deepEqual(await tryEnqueue(ctx, message("next"), ["a"], { at }), []);
      });
      assert.deepEqual(await tryEnqueue(ctx, message("one more"), ["a"], { at }), [[0, "QUEUE_FULL"]]);
    },
  },
  {
    id: "durability/sweep/comes-to-an-end",
    rule: "Sweeping says how many it has swept, at most the limit of each kind, and 0 when there is nothing to sweep.",
    slot: "durability",
    async run(ctx) {
      const { backend, call } = ctx;
      assert.equal(await backend.sweep({ limit: 10 }, call), 0, "nothing to sweep");
      await attach(ctx, ["a-0"]);
      await enqueue(ctx, message("m"), numbered("a", Math.min(6, backend.traits.maxBatch)), { ttlMs: SHORT_MS });
      await ctx.eventually(async () => {
        const swept = await backend.sweep({ limit: 2 }, call);
        // Kinds: deliveries that expire; records, deliveries and letters that are forgotten; what they leave behind.
        assert.ok(Number.isSafeInteger(swept) && swept >= 0 && swept <= 10, `${swept} swept`);
        const handed = await dequeue(ctx);
        await settle(
          ctx,
          handed.map(({ receipt }) => ({ receipt, as: "release" })),
        );
        assert.deepEqual(handed, []);
      });
      await sweepAll(ctx);
      assert.equal(await backend.sweep({ limit: 10 }, call), 0, "nothing more to sweep");
    },
  },
  {
    id: "durability/sweep/keeps-what-is-waited-for",
    rule: "Sweeping takes nothing that is queued, leased or waits for its delay.",
    slot: "durability",
    async run(ctx) {
      const at = await peerWith(ctx, { trackingRetentionMs: SHORT_MS, deadLetterRetentionMs: SHORT_MS });
      await attach(ctx, ["a", "b"], { at });
      await enqueue(ctx, message("m"), ["a", "b"], { at });
      const held = await takeOne(ctx, { max: 1, at });
      const start = performance.now();
      await ctx.eventually(async () => {
        await sweepAll(ctx, at);
        assert.ok(performance.now() - start > 2 * SHORT_MS, "time passes");
      });
      await expectHanded(ctx, [pair("m", held.identity === "a" ? "b" : "a")], { at });
      await ack(ctx, [held], at);
      await expectNothing(ctx, { at });
    },
  },
  {
    id: "durability/sweep/forgets-multicasts",
    rule: "A multicast is known for its retention, and swept after that: record, deliveries and idempotency key.",
    slot: "durability",
    applies: hasTracking,
    async run(ctx) {
      await multicast(ctx);
      await sweepAll(ctx);
      await expectTracked(ctx, "m", { a: "delivered" });
      const namespace = `${ctx.namespace}-short`;
      const at = await ctx.peer({ namespace, durability: { ...SCOPE, trackingRetentionMs: SHORT_MS } });
      await multicast({ ...ctx, namespace, backend: at });
      await ctx.eventually(async () => {
        await sweepAll(ctx, at);
        assert.equal(await trackingOf(at).find("m", ctx.call), undefined);
        assert.deepEqual(await deliveriesOf(ctx, "m", {}, at), []);
      });
      assert.deepEqual(await trackingOf(at).counts("m", ctx.call), { pending: 0, delivered: 0, failed: 0 });
      await begin(ctx, message("n"), { at, idempotencyKey: "key" });
    },
  },
  {
    id: "durability/sweep/forgets-dead-letters",
    rule: "A dead letter is kept for its retention, and swept after that.",
    slot: "durability",
    applies: hasDeadLetters,
    async run(ctx) {
      await bury(ctx, "kept", ["a"]);
      await sweepAll(ctx);
      assert.equal((await lettersOf(ctx)).length, 1, "kept for its retention");
      const namespace = `${ctx.namespace}-short`;
      const at = await ctx.peer({ namespace, durability: { ...SCOPE, deadLetterRetentionMs: SHORT_MS } });
      await bury({ ...ctx, namespace, backend: at }, "gone", ["a"]);
      await ctx.eventually(async () => {
        await sweepAll(ctx, at);
        assert.deepEqual(await lettersOf(ctx, {}, at), []);
      });
      const keys = [{ messageId: "gone", identity: "a" }];
      const [failure] = await deadLettersOf(at).redriveMany(keys, { ttlMs: longTtl(ctx) }, ctx.call);
      assert.equal(failure?.error.code, "NOT_FOUND");
    },
  },
];
