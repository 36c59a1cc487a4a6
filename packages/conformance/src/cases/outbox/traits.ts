import assert from "node:assert/strict";
import type { OutboxCase } from "../../case.ts";

export const outboxTraitCases: readonly OutboxCase[] = [
  {
    id: "outbox/traits/are-whole",
    rule: "Traits are whole numbers that leave room for a relay, a lease, a TTL and a payload, and don't change.",
    slot: "outbox",
    async run(ctx) {
      const { traits } = ctx.backend;
      for (const [name, value] of Object.entries(traits))
        assert.ok(Number.isSafeInteger(value) && value >= 1, `${name}: ${value}`);
      assert.ok(traits.minLeaseMs <= traits.maxLeaseMs, "leases can be asked for");
      const { traits: others } = await ctx.peer();
      assert.deepEqual({ ...others }, { ...traits }, "of another client");
    },
  },
];
