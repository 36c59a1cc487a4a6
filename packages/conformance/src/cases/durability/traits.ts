/** What a durability backend says of itself. */

import assert from "node:assert/strict";
import type { DurabilityCase } from "../../case.ts";
import { attach, enqueue, expectHanded, message, pair } from "./support.ts";

export const durabilityTraitCases: readonly DurabilityCase[] = [
  {
    id: "durability/traits/final",
    rule: "Traits are among those of the contract, and the same after use as when open has resolved.",
    slot: "durability",
    async run(ctx) {
      const before = { ...ctx.backend.traits };
      assert.ok(["recipient", "log", "session"].includes(before.holds), `holds: ${before.holds}`);
      assert.ok(["none", "fifo"].includes(before.order), `order: ${before.order}`);
      assert.ok(["message", "session"].includes(before.lease), `lease: ${before.lease}`);
      assert.ok(["epoch", "lease", "none"].includes(before.fences), `fences: ${before.fences}`);
      assert.ok(["exact", "settled"].includes(before.attempts), `attempts: ${before.attempts}`);
      for (const flag of [before.delay, before.queueQuota, before.wakes]) assert.equal(typeof flag, "boolean");
      const { minLeaseMs, maxLeaseMs, maxTtlMs, maxPayloadBytes, maxBatch, dedupWindowMs } = before;
      for (const limit of [minLeaseMs, maxLeaseMs, maxTtlMs, maxPayloadBytes, maxBatch])
        assert.ok(Number.isSafeInteger(limit) && limit >= 1, `a limit is a whole number from 1, not ${limit}`);
      assert.ok(dedupWindowMs >= 0, `dedupWindowMs: ${dedupWindowMs}`);
      assert.ok(minLeaseMs <= maxLeaseMs, `leases from ${minLeaseMs} to ${maxLeaseMs} ms`);
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("m"), ["a"]);
      await expectHanded(ctx, [pair("m", "a")]);
      assert.deepEqual({ ...ctx.backend.traits }, before);
      assert.deepEqual({ ...(await ctx.peer()).traits }, before, "a second client's");
    },
  },
];
