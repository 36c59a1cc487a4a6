/** Epochs grow from life to life, and fence whatever names another one. */

import assert from "node:assert/strict";
import type { Registration } from "@muster/core/slots";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import { deleteOne, entry, expectStored, LONG_MS, renewOne, SHORT_MS, storeOne, untilExpired } from "../support.ts";
import { claimDue } from "./due-steps.ts";

/** Each life begins when `end` is done with the one before. */
async function expectGrowing(
  ctx: RegistryContext,
  ttlMs: number,
  end: (life: Registration) => Promise<void>,
): Promise<void> {
  let before = 0;
  for (let life = 1; life <= 4; life++) {
    const registration = await storeOne(ctx, entry("a", { ttlMs, mode: "replace" }));
    assert.ok(Number.isSafeInteger(registration.epoch), "an epoch is a safe integer");
    assert.ok(registration.epoch > before, `epoch ${registration.epoch} follows ${before}`);
    before = registration.epoch;
    await end(registration);
  }
}

/** A registration of which an earlier life had another epoch, and epochs that are not its own. */
async function twoLives(ctx: RegistryContext): Promise<{ current: Registration; others: readonly number[] }> {
  const { epoch } = await storeOne(ctx, entry("a", { ttlMs: LONG_MS }));
  const current = await storeOne(ctx, entry("a", { ttlMs: LONG_MS, mode: "replace" }));
  return { current, others: [epoch, current.epoch - 1, current.epoch + 1] };
}

export const epochCases: readonly RegistryCase[] = [
  {
    id: "registry/epochs/grow-when-replaced",
    rule: "Each life that replaces another has a larger epoch, which is a safe integer.",
    slot: "registry",
    async run(ctx) {
      await expectGrowing(ctx, LONG_MS, async () => {});
    },
  },
  {
    id: "registry/epochs/grow-after-a-delete",
    rule: "What is registered after a delete has a larger epoch than what was deleted.",
    slot: "registry",
    async run(ctx) {
      await expectGrowing(ctx, LONG_MS, async ({ identity, epoch }) => {
        assert.equal(await deleteOne(ctx, { identity, epoch }), "deleted");
      });
    },
  },
  {
    id: "registry/epochs/grow-after-an-expiry",
    rule: "What is registered after an expiry has a larger epoch, whether or not the expired has been reaped.",
    slot: "registry",
    async run(ctx) {
      let lives = 0;
      await expectGrowing(ctx, SHORT_MS, async (life) => {
        await untilExpired(ctx, life);
        const steps = lives++ % 3;
        for (let step = 0; step < steps; step++)
          await ctx.backend.confirmMany(await claimDue(ctx, 1, { graceMs: 0 }), ctx.call);
      });
    },
  },
  {
    id: "registry/epochs/fence-renewals",
    rule: "A renewal that names another epoch than the one that stands, smaller or larger, is `fenced` and does nothing.",
    slot: "registry",
    async run(ctx) {
      const { current, others } = await twoLives(ctx);
      const expiresAt = current.registeredAt + 3 * LONG_MS;
      for (const epoch of others) {
        assert.equal(await renewOne(ctx, { identity: "a", epoch, ttlMs: 2 * LONG_MS }), "fenced");
        assert.equal(await renewOne(ctx, { identity: "a", epoch, expiresAt }), "fenced");
      }
      await expectStored(ctx, "a", current);
    },
  },
  {
    id: "registry/epochs/fence-deletes",
    rule: "A delete that names another epoch than the one that stands, smaller or larger, is `fenced` and does nothing.",
    slot: "registry",
    async run(ctx) {
      const { current, others } = await twoLives(ctx);
      for (const epoch of others) assert.equal(await deleteOne(ctx, { identity: "a", epoch }), "fenced");
      await expectStored(ctx, "a", current);
    },
  },
];
