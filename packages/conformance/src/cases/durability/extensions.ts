/** A lease that is made to end at another time. */

import assert from "node:assert/strict";
import type { DurabilityBackend } from "@muster/core/slots";
import type { DurabilityCase } from "../../case.ts";
import { codesOf } from "../messaging/support.ts";
import {
  ack,
  attach,
  enqueue,
  expectNothing,
  longLease,
  message,
  OTHER_SESSION,
  settle,
  shortLease,
  take,
  takeOne,
} from "./support.ts";

function leasesEnd({ traits }: DurabilityBackend): boolean {
  return traits.lease === "message";
}

export const extensionCases: readonly DurabilityCase[] = [
  {
    id: "durability/extend/goes-on",
    rule: "A lease that is extended goes on when those that were taken with it are over.",
    slot: "durability",
    applies: leasesEnd,
    async run(ctx) {
      await attach(ctx, ["a", "b"]);
      await enqueue(ctx, message("m"), ["a", "b"]);
      const [extended, other] = await take(ctx, 2, { leaseMs: 2 * shortLease(ctx) });
      assert.ok(extended !== undefined && other !== undefined);
      assert.deepEqual(await ctx.backend.extendMany([extended.receipt], longLease(ctx), ctx.call), []);
      const again = await takeOne(ctx);
      assert.equal(again.identity, other.identity, "the one that was not extended is handed out again");
      await expectNothing(ctx);
      await ack(ctx, [extended, again]);
      await expectNothing(ctx);
    },
  },
  {
    id: "durability/extend/from-now",
    rule: "An extended lease ends so long after that, even if it would have lasted longer, and what nobody settles comes back.",
    slot: "durability",
    applies: leasesEnd,
    async run(ctx) {
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("m"), ["a"]);
      const { receipt } = await takeOne(ctx);
      assert.deepEqual(await ctx.backend.extendMany([receipt], shortLease(ctx), ctx.call), []);
      assert.equal((await takeOne(ctx)).attempt, 2);
    },
  },
  {
    id: "durability/extend/one-failure-is-one",
    rule: "A lease that has been settled, and one that never was, are extended by nobody: FENCED at their own index.",
    slot: "durability",
    applies: ({ traits }) => traits.maxBatch >= 4,
    async run(ctx) {
      await attach(ctx, ["a", "b", "c"]);
      await enqueue(ctx, message("m"), ["a", "b", "c"]);
      const [held, acked, retried] = await take(ctx, 3);
      assert.ok(held !== undefined && acked !== undefined && retried !== undefined);
      await settle(ctx, [
        { receipt: acked.receipt, as: "ack" },
        { receipt: retried.receipt, as: "retry" },
      ]);
      const receipts = [acked.receipt, held.receipt, "no-such-receipt", retried.receipt];
      const failures = await ctx.backend.extendMany(receipts, longLease(ctx), ctx.call);
      assert.deepEqual(codesOf(failures), [
        [0, "FENCED"],
        [2, "FENCED"],
        [3, "FENCED"],
      ]);
      assert.equal((await takeOne(ctx)).identity, retried.identity, "it comes back all the same");
    },
  },
  {
    id: "durability/extend/of-an-earlier-attachment",
    rule: "Where leases or epochs fence, a lease of an earlier attachment is extended by nobody.",
    slot: "durability",
    applies: ({ traits }) => traits.fences !== "none",
    async run(ctx) {
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("m"), ["a"]);
      const { receipt } = await takeOne(ctx);
      await attach(ctx, ["a"], { epoch: 2, session: OTHER_SESSION });
      const failures = await ctx.backend.extendMany([receipt], longLease(ctx), ctx.call);
      assert.deepEqual(codesOf(failures), [[0, "FENCED"]]);
      await takeOne(ctx, { session: OTHER_SESSION });
    },
  },
];
