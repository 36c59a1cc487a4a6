/** How many registrations there are, in every state. */

import assert from "node:assert/strict";
import type { RegistryCase } from "../../case.ts";
import {
  deleteOne,
  entry,
  expectCensus,
  LONG_MS,
  numbered,
  renewOne,
  scanAllRoutes,
  settled,
  startSession,
  storeAll,
  storeExpired,
  storeOne,
} from "../support.ts";
import { claimDue } from "./due-steps.ts";

export const censusCases: readonly RegistryCase[] = [
  {
    id: "registry/census/counts-through-life-and-end",
    rule: "A registration is counted from its first moment until its expiry is confirmed, and as expired in between.",
    slot: "registry",
    async run(ctx) {
      await expectCensus(ctx, 0);
      await storeAll(ctx, [entry("a"), entry("b", { ttlMs: LONG_MS })]);
      await expectCensus(ctx, 2);
      await storeExpired(ctx, entry("c"));
      await expectCensus(ctx, 3, 1, await ctx.peer());
      const expired = await claimDue(ctx, 1, { graceMs: 0 });
      await expectCensus(ctx, 3, 1);
      await ctx.backend.confirmMany(expired, ctx.call);
      await expectCensus(ctx, 2, 0);
      const over = await claimDue(ctx, 1, { graceMs: 0 });
      await ctx.backend.confirmMany(over, ctx.call);
      await expectCensus(ctx, 2, 0, await ctx.peer());
    },
  },
  {
    id: "registry/census/counts-identities-not-writes",
    rule: "Updates, replacements, renewals, repeated and refused attempts change no count; deleting does.",
    slot: "registry",
    async run(ctx) {
      await startSession(ctx, "s");
      const one = entry("a", { session: "s", sessionBound: true });
      const { epoch } = await storeOne(ctx, one);
      await storeOne(ctx, one);
      await renewOne(ctx, { identity: "a", epoch });
      await storeOne(ctx, entry("a", { session: "s", mode: { epoch } }));
      await ctx.backend.setMany([entry("a"), entry("x", { mode: { epoch } })], ctx.call);
      const { epoch: last } = await storeOne(ctx, entry("a", { mode: "replace" }));
      await expectCensus(ctx, 1);
      await deleteOne(ctx, { identity: "a", epoch });
      await expectCensus(ctx, 1);
      await deleteOne(ctx, { identity: "a", epoch: last });
      await expectCensus(ctx, 0);
    },
  },
  {
    id: "registry/census/a-take-over-is-no-longer-expired",
    rule: "Who registers over what has expired, or over its tombstone, is counted once and not as expired.",
    slot: "registry",
    async run(ctx) {
      await storeExpired(ctx, entry("a"));
      await storeOne(ctx, entry("a"));
      await expectCensus(ctx, 1, 0);
      await storeExpired(ctx, entry("b"));
      await ctx.backend.confirmMany(await claimDue(ctx, 1, { graceMs: 0 }), ctx.call);
      await storeOne(ctx, entry("b"));
      await expectCensus(ctx, 2, 0);
    },
  },
  {
    id: "registry/census/counts-as-many-as-a-scan",
    rule: "A count without a filter is the number of living registrations, which a scan finds.",
    slot: "registry",
    applies: ({ counts }) => counts !== undefined,
    async run(ctx) {
      const stored = await storeAll(
        ctx,
        numbered("a", 30).map((identity) => entry(identity, { ttlMs: LONG_MS })),
      );
      await storeExpired(ctx, entry("b"));
      for (const { identity, epoch } of stored.slice(0, 7)) await deleteOne(ctx, { identity, epoch });
      await settled(ctx, async () => {
        assert.equal(await ctx.backend.counts?.count(undefined, ctx.call), 23);
        assert.equal((await scanAllRoutes(ctx)).length, 23);
      });
    },
  },
];
