/** Writes to one life that arrive while another life takes its place: they come before it, or do nothing. */

import assert from "node:assert/strict";
import type { RegistryCase } from "../../case.ts";
import {
  deleteOne,
  entry,
  expectCensus,
  expectStored,
  LONG_MS,
  numbered,
  renewOne,
  setOne,
  storeExpired,
  storeOne,
} from "../support.ts";
import { claimDue } from "./due-steps.ts";

const ROUNDS = 6;

export const raceCases: readonly RegistryCase[] = [
  {
    id: "registry/races/a-delete-never-takes-the-successor",
    rule: "A delete that arrives together with a replacement deletes the old life or nothing, never the new one.",
    slot: "registry",
    async run(ctx) {
      const peer = await ctx.peer();
      for (const identity of numbered("a", ROUNDS)) {
        const { epoch } = await storeOne(ctx, entry(identity));
        const [outcome, successor] = await Promise.all([
          deleteOne(ctx, { identity, epoch }),
          storeOne(ctx, entry(identity, { mode: "replace" }), peer),
        ]);
        assert.ok(outcome === "deleted" || outcome === "fenced", outcome);
        await expectStored(ctx, identity, successor);
      }
    },
  },
  {
    id: "registry/races/an-update-never-lands-in-the-successor",
    rule: "An update that arrives together with a replacement rewrites the old life or nothing, never the new one.",
    slot: "registry",
    async run(ctx) {
      const peer = await ctx.peer();
      for (const identity of numbered("a", ROUNDS)) {
        const { epoch } = await storeOne(ctx, entry(identity));
        const [outcome, successor] = await Promise.all([
          setOne(ctx, entry(identity, { metadata: { of: "old" }, mode: { epoch } })),
          storeOne(ctx, entry(identity, { metadata: { of: "new" }, mode: "replace" }), peer),
        ]);
        if ("refused" in outcome) assert.equal(outcome.refused, "fenced");
        else assert.equal(outcome.stored.epoch, epoch);
        await expectStored(ctx, identity, successor);
      }
    },
  },
  {
    id: "registry/races/a-renewal-never-extends-the-successor",
    rule: "A renewal that arrives together with a replacement renews the old life or nothing, never the new one.",
    slot: "registry",
    async run(ctx) {
      const peer = await ctx.peer();
      for (const identity of numbered("a", ROUNDS)) {
        const { epoch } = await storeOne(ctx, entry(identity, { ttlMs: LONG_MS }));
        const [outcome, successor] = await Promise.all([
          renewOne(ctx, { identity, epoch, ttlMs: 3 * LONG_MS }),
          storeOne(ctx, entry(identity, { ttlMs: LONG_MS, mode: "replace" }), peer),
        ]);
        assert.ok(typeof outcome === "number" || outcome === "fenced", String(outcome));
        await expectStored(ctx, identity, successor);
      }
    },
  },
  {
    id: "registry/races/a-confirmation-never-ends-the-successor",
    rule: "Confirming the end of what is being taken over ends the old life or nothing, never the new one.",
    slot: "registry",
    async run(ctx) {
      const peer = await ctx.peer();
      for (const identity of numbered("a", 3)) {
        await storeExpired(ctx, entry(identity));
        const claims = await claimDue(ctx, 1);
        const [, successor] = await Promise.all([
          ctx.backend.confirmMany(claims, ctx.call),
          storeOne(ctx, entry(identity), peer),
        ]);
        await expectStored(ctx, identity, successor);
      }
      await expectCensus(ctx, 3, 0);
    },
  },
];
