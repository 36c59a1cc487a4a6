/** Claims on steps: for one caller alone, until they lapse, are confirmed, or are void. */

import assert from "node:assert/strict";
import type { ReapClaim, ReapStep } from "@muster/core/slots";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import {
  entry,
  expectCensus,
  expectStored,
  LONG_MS,
  numbered,
  SHORT_MS,
  storeAll,
  storeExpired,
  storeOne,
  storeTime,
  untilExpired,
} from "../support.ts";
import { claimDue, expectNothingDue, REAP } from "./due-steps.ts";

/** Lets `a` expire and, for `over`, its expiry be confirmed. */
async function bringTo(ctx: RegistryContext, step: ReapStep): Promise<void> {
  await storeExpired(ctx, entry("a"));
  if (step === "over") await ctx.backend.confirmMany(await claimDue(ctx, 1), ctx.call);
}

/** A claim on this step of the end of `a`. */
async function claimStep(ctx: RegistryContext, step: ReapStep): Promise<readonly ReapClaim[]> {
  await bringTo(ctx, step);
  return claimDue(ctx, 1, { graceMs: 0 });
}

/** A claim that nobody confirms comes back, to another process, after its time, as the same step. */
async function expectBack(ctx: RegistryContext, step: ReapStep): Promise<void> {
  const claimMs = 4 * SHORT_MS;
  await bringTo(ctx, step);
  const from = await storeTime(ctx);
  const lost = await claimDue(ctx, 1, { claimMs, graceMs: 0 });
  assert.deepEqual(
    lost.map((claim) => claim.step),
    [step],
  );
  const back = await claimDue(ctx, 1, { graceMs: 0 }, await ctx.peer());
  const early = from + claimMs - (await storeTime(ctx));
  assert.ok(early <= 0, `it came back at least ${early} ms early`);
  assert.deepEqual(back, lost);
}

/** Who registers while a step is claimed has an end of its own, whatever becomes of the claim. */
async function expectVoid(ctx: RegistryContext, step: ReapStep): Promise<void> {
  const old = await claimStep(ctx, step);
  const next = await storeOne(ctx, entry("a", { ttlMs: SHORT_MS }));
  await untilExpired(ctx, next);
  const claims = await claimDue(ctx, 1, { graceMs: 0 });
  assert.deepEqual(claims, [{ registration: next, step: "expired" }]);
  await ctx.backend.confirmMany(old, ctx.call);
  await expectCensus(ctx, 1, 1);
  await ctx.backend.confirmMany(claims, ctx.call);
  assert.deepEqual(await claimDue(ctx, 1, { graceMs: 0 }), [{ registration: next, step: "over" }]);
}

/** Confirming a step of the life before leaves the one that stands alone. */
async function expectSpared(ctx: RegistryContext, step: ReapStep): Promise<void> {
  const old = await claimStep(ctx, step);
  const next = await storeOne(ctx, entry("a", { ttlMs: LONG_MS }));
  await ctx.backend.confirmMany(old, ctx.call);
  await expectStored(ctx, "a", next);
  await expectCensus(ctx, 1, 0);
  await expectNothingDue(ctx, { graceMs: 0 });
}

export const claimCases: readonly RegistryCase[] = [
  {
    id: "registry/claims/for-one-caller-alone",
    rule: "Reapers that work at once share the steps that are due: each step is claimed once.",
    slot: "registry",
    async run(ctx) {
      const identities = numbered("a", 40);
      const stored = await storeAll(
        ctx,
        identities.map((identity) => entry(identity, { ttlMs: SHORT_MS })),
      );
      for (const one of stored) await untilExpired(ctx, one);
      const peers = [ctx.backend, await ctx.peer(), await ctx.peer()];
      const claimed: string[] = [];
      await ctx.eventually(async () => {
        const rounds = await Promise.all(peers.map(async (peer) => peer.reap({ ...REAP, limit: 7 }, ctx.call)));
        claimed.push(...rounds.flat().map(({ registration }) => registration.identity));
        assert.ok(claimed.length >= identities.length, `${claimed.length} steps are claimed`);
      });
      assert.deepEqual(claimed.sort(), identities);
      await expectNothingDue(ctx);
    },
  },
  {
    id: "registry/claims/come-back-when-nobody-confirms",
    rule: "The step `expired` is handed out again when nobody has confirmed it for `claimMs`, and not before.",
    slot: "registry",
    run: async (ctx) => expectBack(ctx, "expired"),
  },
  {
    id: "registry/claims/come-back-from-over",
    rule: "The step `over` is handed out again when nobody has confirmed it for `claimMs`, and not before.",
    slot: "registry",
    run: async (ctx) => expectBack(ctx, "over"),
  },
  {
    id: "registry/claims/never-skip-a-step",
    rule: "However often a claim is lost, the step stays `expired` until that is confirmed.",
    slot: "registry",
    async run(ctx) {
      const registration = await storeExpired(ctx, entry("a"));
      for (let crash = 0; crash < 3; crash++) {
        const lost = await claimDue(ctx, 1, { claimMs: 5, graceMs: 0 });
        assert.deepEqual(lost, [{ registration, step: "expired" }]);
      }
      await expectCensus(ctx, 1, 1);
    },
  },
  {
    id: "registry/claims/void-over-the-expired",
    rule: "Registering over what has expired voids the claim on it: the new life has an end of its own, at its own time.",
    slot: "registry",
    run: async (ctx) => expectVoid(ctx, "expired"),
  },
  {
    id: "registry/claims/void-over-a-tombstone",
    rule: "Registering over a tombstone voids the claim on it: the new life has an end of its own, in both steps.",
    slot: "registry",
    run: async (ctx) => expectVoid(ctx, "over"),
  },
  {
    id: "registry/claims/confirming-expired-spares-the-successor",
    rule: "Confirming `expired` for a registration that has been taken over does nothing.",
    slot: "registry",
    run: async (ctx) => expectSpared(ctx, "expired"),
  },
  {
    id: "registry/claims/confirming-over-spares-the-successor",
    rule: "Confirming `over` for a registration that has been taken over does nothing.",
    slot: "registry",
    run: async (ctx) => expectSpared(ctx, "over"),
  },
  {
    id: "registry/claims/confirmed-twice-is-once",
    rule: "Confirming a step again does nothing: not while the next one is due, nor when all are done.",
    slot: "registry",
    async run(ctx) {
      const { backend, call } = ctx;
      await storeOne(ctx, entry("b"));
      await storeExpired(ctx, entry("a"));
      const expired = await claimDue(ctx, 1);
      await backend.confirmMany(expired, call);
      await backend.confirmMany(expired, call);
      await expectCensus(ctx, 1);
      const over = await claimDue(ctx, 1, { claimMs: 5, graceMs: 0 });
      await backend.confirmMany(expired, call);
      assert.deepEqual(await claimDue(ctx, 1, { graceMs: 0 }), over, "`over` is still to be confirmed");
      await backend.confirmMany(over, call);
      await backend.confirmMany([...over, ...expired], call);
      await expectNothingDue(ctx, { graceMs: 0 });
      await expectCensus(ctx, 1);
    },
  },
];
