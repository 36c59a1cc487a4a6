/** What a registry states about itself. */

import assert from "node:assert/strict";
import type { RegistryCase } from "../../case.ts";
import { entry, storeOne } from "../support.ts";

export const traitCases: readonly RegistryCase[] = [
  {
    id: "registry/traits/agree-with-one-another",
    rule: "Traits are possible ones: nothing is stale unless reads are eventual, nothing is negative, limits are whole.",
    slot: "registry",
    async run({ backend: { traits } }) {
      assert.ok(["linearizable", "read-your-writes", "eventual"].includes(traits.consistency));
      assert.ok(["exact", "approximate"].includes(traits.quota));
      assert.ok(["store", "estimated"].includes(traits.clock.source));
      if (traits.consistency !== "eventual") assert.equal(traits.staleMs, 0, "stale, but not eventual");
      for (const ms of [traits.staleMs, traits.ttlResolutionMs, traits.clock.maxErrorMs])
        assert.ok(Number.isFinite(ms) && ms >= 0, `${ms} ms`);
      for (const bytes of [traits.maxIdentityBytes, traits.maxRecordBytes])
        assert.ok(Number.isSafeInteger(bytes) && bytes > 0, `${bytes} bytes`);
    },
  },
  {
    id: "registry/traits/are-final-once-open",
    rule: "Traits stay what they were when the registry was opened, and are the same for every process.",
    slot: "registry",
    async run(ctx) {
      const before = structuredClone(ctx.backend.traits);
      await storeOne(ctx, entry("a"));
      assert.deepEqual(ctx.backend.traits, before);
      assert.deepEqual((await ctx.peer()).traits, before);
    },
  },
];
