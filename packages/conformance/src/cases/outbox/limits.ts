/** What is refused, and leaves the transaction as it was. */

import assert from "node:assert/strict";
import type { OutboxCase } from "../../case.ts";
import { message, pair } from "../durability/support.ts";
import { LARGEST_BODY_BYTES, refused } from "../messaging/support.ts";
import { begin, expectWaiting, pagesOf, record, startOf, take, targetsOf } from "./support.ts";

export const outboxLimitCases: readonly OutboxCase[] = [
  {
    id: "outbox/limits/largest-payload",
    rule: "A payload of exactly maxPayloadBytes is recorded; one byte more is refused with PAYLOAD_TOO_LARGE, and the transaction goes on.",
    slot: "outbox",
    applies: ({ traits }) => traits.maxPayloadBytes < LARGEST_BODY_BYTES,
    async run(ctx) {
      const { maxPayloadBytes } = ctx.backend.traits;
      const own = await begin(ctx);
      const tooLarge = startOf(ctx, "too-large", {
        message: message("too-large", { payload: new Uint8Array(maxPayloadBytes + 1) }),
      });
      await refused(
        ctx.backend.record(own.transaction, tooLarge, pagesOf(targetsOf(["a"])), ctx.call),
        "PAYLOAD_TOO_LARGE",
      );
      const largest = message("largest", { payload: new Uint8Array(maxPayloadBytes).fill(7) });
      await record(ctx, own, "largest", ["a"], { message: largest });
      await own.commit();
      const [parcel] = await take(ctx);
      assert.equal(parcel?.start.message.id, "largest");
      assert.equal(parcel.start.message.payload.length, maxPayloadBytes);
      assert.ok(
        parcel.start.message.payload.every((byte) => byte === 7),
        "every byte",
      );
    },
  },
  {
    id: "outbox/limits/longest-ttl",
    rule: "A message may live for maxTtlMs; for longer it is refused with INVALID_ARGUMENT, and the transaction goes on.",
    slot: "outbox",
    async run(ctx) {
      const { maxTtlMs } = ctx.backend.traits;
      const own = await begin(ctx);
      await refused(record(ctx, own, "too-long", ["a"], { ttlMs: maxTtlMs + 1 }), "INVALID_ARGUMENT");
      await record(ctx, own, "longest", ["a"], { ttlMs: maxTtlMs });
      await own.commit();
      await expectWaiting(ctx, [pair("longest", "a")]);
      assert.equal(await ctx.backend.find("too-long", ctx.call), undefined);
    },
  },
];
