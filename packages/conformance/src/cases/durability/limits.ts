/** What is refused, one by one or before anything has happened. */

import assert from "node:assert/strict";
import type { DurabilityScope } from "@muster/core/slots";
import type { DurabilityCase } from "../../case.ts";
import { LARGEST_BODY_BYTES, refused } from "../messaging/support.ts";
import { LONG_MS, numbered } from "../support.ts";
import {
  ack,
  attach,
  enqueue,
  expectHanded,
  expectNothing,
  longTtl,
  message,
  pair,
  settle,
  take,
  takeOne,
  targetsOf,
  tryEnqueue,
} from "./support.ts";

const LARGEST_BATCH = 20_000;
const QUOTA = 3;
const SCOPE: { readonly durability: DurabilityScope } = {
  durability: { maxQueued: QUOTA, trackingRetentionMs: LONG_MS, deadLetterRetentionMs: LONG_MS },
};

export const limitCases: readonly DurabilityCase[] = [
  {
    id: "durability/limits/queue-full",
    rule: "Who has maxQueued deliveries in its queue is refused one more with QUEUE_FULL, alone, until one of them has ended.",
    slot: "durability",
    applies: ({ traits }) => traits.queueQuota && traits.maxBatch >= 3,
    async run(ctx) {
      const at = await ctx.peer(SCOPE);
      await attach(ctx, ["a", "b", "c"], { at });
      for (const id of numbered("m", QUOTA)) await enqueue(ctx, message(id), ["b"], { at });
      assert.deepEqual(await tryEnqueue(ctx, message("more"), ["a", "b", "c"], { at }), [[1, "QUEUE_FULL"]]);
      await expectHanded(
        ctx,
        [...numbered("m", QUOTA).map((id) => pair(id, "b")), pair("more", "a"), pair("more", "c")],
        { at },
      );
      await enqueue(ctx, message("more"), ["b"], { at });
      await expectHanded(ctx, [pair("more", "b")], { at });
    },
  },
  {
    id: "durability/limits/full-queue-knows-its-own",
    rule: "Enqueueing again what a full queue has is no failure.",
    slot: "durability",
    applies: ({ traits }) => traits.queueQuota && traits.dedupWindowMs >= 30_000,
    async run(ctx) {
      const at = await ctx.peer(SCOPE);
      for (const id of numbered("m", QUOTA)) await enqueue(ctx, message(id), ["a"], { at });
      for (const id of numbered("m", QUOTA)) await enqueue(ctx, message(id), ["a"], { at });
      assert.deepEqual(await tryEnqueue(ctx, message("more"), ["a"], { at }), [[0, "QUEUE_FULL"]]);
    },
  },
  {
    id: "durability/limits/largest-payload",
    rule: "A payload of exactly maxPayloadBytes is stored; one byte more is refused with PAYLOAD_TOO_LARGE before anything is.",
    slot: "durability",
    applies: ({ traits }) => traits.maxPayloadBytes < LARGEST_BODY_BYTES,
    async run(ctx) {
      const { maxPayloadBytes } = ctx.backend.traits;
      await attach(ctx, ["a"]);
      const tooLarge = message("too-large", { payload: new Uint8Array(maxPayloadBytes + 1) });
      const enqueueing = ctx.backend.enqueueMany(tooLarge, targetsOf(ctx, ["a"]), { ttlMs: longTtl(ctx) }, ctx.call);
      assert.equal((await refused(enqueueing, "PAYLOAD_TOO_LARGE")).mayHaveApplied, false, "nothing was stored");
      await enqueue(ctx, message("largest", { payload: new Uint8Array(maxPayloadBytes).fill(7) }), ["a"]);
      const largest = await takeOne(ctx);
      assert.deepEqual([largest.id, largest.message.payload.length], ["largest", maxPayloadBytes]);
      assert.ok(
        largest.message.payload.every((byte) => byte === 7),
        "every byte",
      );
      await ack(ctx, [largest]);
      await expectNothing(ctx);
    },
  },
  {
    id: "durability/limits/largest-batch",
    rule: "A batch of exactly maxBatch targets is accepted, and so are as many attachments, settlements and extensions.",
    slot: "durability",
    applies: ({ traits }) => traits.maxBatch <= LARGEST_BATCH,
    async run(ctx) {
      const identities = numbered("a", ctx.backend.traits.maxBatch);
      await attach(ctx, identities);
      await enqueue(ctx, message("m"), identities);
      const handed = await take(ctx, identities.length);
      assert.equal(new Set(handed.map(({ identity }) => identity)).size, identities.length);
      const receipts = handed.map(({ receipt }) => receipt);
      assert.deepEqual(await ctx.backend.extendMany(receipts, 30_000, ctx.call), []);
      await settle(
        ctx,
        receipts.map((receipt) => ({ receipt, as: "ack" })),
      );
      await expectNothing(ctx);
    },
  },
  {
    id: "durability/limits/batch-too-long",
    rule: "More than maxBatch targets, settlements or receipts in one call are refused with INVALID_ARGUMENT before anything is done.",
    slot: "durability",
    applies: ({ traits }) => traits.maxBatch <= LARGEST_BATCH,
    async run(ctx) {
      const { backend, call } = ctx;
      const tooMany = numbered("a", backend.traits.maxBatch + 1);
      await attach(ctx, tooMany.slice(0, 1));
      const enqueueing = backend.enqueueMany(message("m"), targetsOf(ctx, tooMany), { ttlMs: longTtl(ctx) }, call);
      assert.equal((await refused(enqueueing, "INVALID_ARGUMENT")).mayHaveApplied, false, "nothing was stored");
      await expectNothing(ctx);
      await enqueue(ctx, message("n"), tooMany.slice(0, 1));
      const { receipt } = await takeOne(ctx);
      const settlements = tooMany.map(() => ({ receipt, as: "release" }) as const);
      await refused(backend.settleMany(settlements, call), "INVALID_ARGUMENT");
      await refused(
        backend.extendMany(
          tooMany.map(() => receipt),
          30_000,
          call,
        ),
        "INVALID_ARGUMENT",
      );
      await expectNothing(ctx);
    },
  },
  {
    id: "durability/limits/longest-ttl",
    rule: "A message may live for maxTtlMs; for longer it is refused with INVALID_ARGUMENT before anything is stored.",
    slot: "durability",
    async run(ctx) {
      const { maxTtlMs } = ctx.backend.traits;
      await attach(ctx, ["a"]);
      const options = { ttlMs: maxTtlMs + 1 };
      const enqueueing = ctx.backend.enqueueMany(message("too-long"), targetsOf(ctx, ["a"]), options, ctx.call);
      assert.equal((await refused(enqueueing, "INVALID_ARGUMENT")).mayHaveApplied, false, "nothing was stored");
      await enqueue(ctx, message("longest"), ["a"], { ttlMs: maxTtlMs });
      await expectHanded(ctx, [pair("longest", "a")]);
    },
  },
];
