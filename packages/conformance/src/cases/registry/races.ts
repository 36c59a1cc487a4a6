/** Writes to one life that arrive while another life takes its place: they come before it, or do nothing. */

import assert from "node:assert/strict";
import type { Registration, SetEntry } from "@muster/core/slots";
import type { RegistryCase, RegistryContext } from "../../case.ts";
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

/** Lets a write to a life and its replacement arrive together, several times; whatever comes of it, the successor stands. */
async function againstReplacement<T>(
  ctx: RegistryContext,
  changes: Partial<SetEntry>,
  write: (old: Registration) => Promise<T>,
  look: (outcome: T, old: Registration) => void,
): Promise<void> {
  const peer = await ctx.peer();
  for (const identity of numbered("a", ROUNDS)) {
    const old = await storeOne(ctx, entry(identity, { ...changes, metadata: { of: "old" } }));
    const [outcome, successor] = await Promise.all([
      write(old),
      storeOne(ctx, entry(identity, { ...changes, metadata: { of: "new" }, mode: "replace" }), peer),
    ]);
    look(outcome, old);
    await expectStored(ctx, identity, successor);
  }
}

export const raceCases: readonly RegistryCase[] = [
  {
    id: "registry/races/a-delete-never-takes-the-successor",
    rule: "A delete that arrives together with a replacement deletes the old life or nothing, never the new one.",
    slot: "registry",
    run: async (ctx) =>
      againstReplacement(
        ctx,
        {},
        async ({ identity, epoch }) => deleteOne(ctx, { identity, epoch }),
        (outcome) => assert.ok(outcome === "deleted" || outcome === "fenced", outcome),
      ),
  },
  {
    id: "registry/races/an-update-never-lands-in-the-successor",
    rule: "An update that arrives together with a replacement rewrites the old life or nothing, never the new one.",
    slot: "registry",
    run: async (ctx) =>
      againstReplacement(
        ctx,
        {},
        async ({ identity, epoch }) => setOne(ctx, entry(identity, { metadata: { of: "update" }, mode: { epoch } })),
        (outcome, old) => {
          if ("refused" in outcome) assert.equal(outcome.refused, "fenced");
          else assert.equal(outcome.stored.epoch, old.epoch);
        },
      ),
  },
  {
    id: "registry/races/a-renewal-never-extends-the-successor",
    rule: "A renewal that arrives together with a replacement renews the old life or nothing, never the new one.",
    slot: "registry",
    run: async (ctx) =>
      againstReplacement(
        ctx,
        { ttlMs: LONG_MS },
        async ({ identity, epoch }) => renewOne(ctx, { identity, epoch, ttlMs: 3 * LONG_MS }),
        (outcome) => assert.ok(typeof outcome === "number" || outcome === "fenced", String(outcome)),
      ),
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
