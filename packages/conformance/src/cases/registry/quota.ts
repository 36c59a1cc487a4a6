/** How many registrations a namespace may count, and what counts. */

import assert from "node:assert/strict";
import type { RegistryBackend, SetOutcome } from "@muster/core/slots";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import {
  deleteOne,
  entry,
  expectCensus,
  expectScanned,
  expectStored,
  numbered,
  refusal,
  startSession,
  storeExpired,
  storeOne,
} from "../support.ts";
import { claimDue } from "./due-steps.ts";

const isExact = ({ traits }: RegistryBackend): boolean => traits.quota === "exact";

/** Four processes register 8 each, at once and in batches; how many they have stored. */
async function crowd(ctx: RegistryContext, limit: number, batch: number): Promise<number> {
  const peers = await Promise.all(
    numbered("p", 4).map(async (name) => ({ name, registry: await ctx.peer({ maxIdentities: limit }) })),
  );
  const outcomes = await Promise.all(
    peers.map(async ({ name, registry }) => {
      const all: SetOutcome[] = [];
      const entries = numbered(name, 8).map((identity) => entry(identity));
      for (let start = 0; start < entries.length; start += batch)
        all.push(...(await registry.setMany(entries.slice(start, start + batch), ctx.call)));
      return all;
    }),
  );
  const refused = outcomes.flat().flatMap((outcome) => ("refused" in outcome ? [outcome.refused] : []));
  assert.deepEqual(new Set(refused), new Set(["quota"]));
  return outcomes.flat().length - refused.length;
}

/** The end of what has expired: its step is claimed, and confirmed. */
async function confirmExpired(
  ctx: RegistryContext,
  registry: RegistryBackend,
  check: () => Promise<void> = async () => {},
): Promise<void> {
  const claims = await claimDue(ctx, 1, {}, registry);
  await check();
  await registry.confirmMany(claims, ctx.call);
}

export const quotaCases: readonly RegistryCase[] = [
  {
    id: "registry/quota/never-exceeded-one-by-one",
    rule: "However many processes register at once, an exact quota is filled and never exceeded.",
    slot: "registry",
    applies: isExact,
    async run(ctx) {
      assert.equal(await crowd(ctx, 10, 1), 10);
      await expectCensus(ctx, 10);
    },
  },
  {
    id: "registry/quota/never-exceeded-by-batches",
    rule: "An exact quota is filled in the middle of a batch, and what doesn't fit is refused.",
    slot: "registry",
    applies: isExact,
    async run(ctx) {
      assert.equal(await crowd(ctx, 13, 8), 13);
      await expectCensus(ctx, 13);
    },
  },
  {
    id: "registry/quota/overshoots-by-a-batch-at-most",
    rule: "No quota is exceeded by more than a batch of each process that writes, and soon nothing more is stored.",
    slot: "registry",
    async run(ctx) {
      const limit = 6;
      const stored = await crowd(ctx, limit, 4);
      assert.ok(stored >= limit, "the quota is filled");
      assert.ok(stored <= limit + 4 * 4, `${stored} are stored where ${limit} may be`);
      const late = await ctx.peer({ maxIdentities: limit });
      let tries = 0;
      await ctx.eventually(async () => assert.equal(await refusal(ctx, entry(`late-${tries++}`), late), "quota"));
    },
  },
  {
    id: "registry/quota/a-refusal-stores-nothing",
    rule: "What is refused with `quota` is not stored, and may be once there is room.",
    slot: "registry",
    applies: isExact,
    async run(ctx) {
      const limited = await ctx.peer({ maxIdentities: 1 });
      const { epoch } = await storeOne(ctx, entry("a"), limited);
      const one = entry("b");
      assert.equal(await refusal(ctx, one, limited), "quota");
      assert.equal(await refusal(ctx, { ...one, mode: "replace" }, limited), "quota");
      await expectStored(ctx, "b", undefined);
      await expectScanned(ctx, ["a"]);
      await expectCensus(ctx, 1);
      assert.equal(await deleteOne(ctx, { identity: "a", epoch }, limited), "deleted");
      await expectStored(ctx, "b", await storeOne(ctx, one, limited));
    },
  },
  {
    id: "registry/quota/rewriting-takes-no-room",
    rule: "In a full namespace what stands can be replaced, updated, taken over and repeated.",
    slot: "registry",
    async run(ctx) {
      const limited = await ctx.peer({ maxIdentities: 2 });
      await startSession(ctx, "s");
      const one = entry("a", { session: "s" });
      const { epoch } = await storeOne(ctx, one, limited);
      await storeOne(ctx, entry("b"), limited);
      await storeOne(ctx, one, limited);
      await storeOne(ctx, entry("a", { session: "s", mode: { epoch } }), limited);
      await storeOne(ctx, entry("a", { mode: "replace" }), limited);
      await storeOne(ctx, entry("b"), limited);
      await expectCensus(ctx, 2);
    },
  },
  {
    id: "registry/quota/the-expired-take-room-until-confirmed",
    rule: "A registration that has expired takes room until that step is confirmed; claimed is not enough.",
    slot: "registry",
    applies: isExact,
    async run(ctx) {
      const limited = await ctx.peer({ maxIdentities: 1 });
      await storeExpired(ctx, entry("a"));
      assert.equal(await refusal(ctx, entry("b"), limited), "quota");
      await confirmExpired(ctx, limited, async () => assert.equal(await refusal(ctx, entry("b"), limited), "quota"));
      await storeOne(ctx, entry("b"), limited);
    },
  },
  {
    id: "registry/quota/taking-over-the-expired-takes-no-more-room",
    rule: "Who registers over what has expired takes the room that this still takes.",
    slot: "registry",
    applies: isExact,
    async run(ctx) {
      const limited = await ctx.peer({ maxIdentities: 1 });
      await storeExpired(ctx, entry("a"));
      await storeOne(ctx, entry("a"), limited);
      await expectCensus(ctx, 1);
      assert.equal(await refusal(ctx, entry("b"), limited), "quota");
    },
  },
  {
    id: "registry/quota/a-tombstone-has-no-room",
    rule: "Who registers over a tombstone takes new room.",
    slot: "registry",
    applies: isExact,
    async run(ctx) {
      const limited = await ctx.peer({ maxIdentities: 1 });
      await storeExpired(ctx, entry("a"));
      await confirmExpired(ctx, limited);
      const { epoch } = await storeOne(ctx, entry("b"), limited);
      assert.equal(await refusal(ctx, entry("a"), limited), "quota");
      await deleteOne(ctx, { identity: "b", epoch }, limited);
      await storeOne(ctx, entry("a"), limited);
      await expectCensus(ctx, 1);
    },
  },
];
