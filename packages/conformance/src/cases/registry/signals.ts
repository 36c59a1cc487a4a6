/** Calls that have been given up before they began. */

import assert from "node:assert/strict";
import { type Call, isMusterError, MusterError } from "@muster/core/slots";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import { entry, expectCensus, expectStored, LONG_MS, storeExpired, storeOne } from "../support.ts";
import { claimDue } from "./due-steps.ts";

/** Every write rejects with this code, certain not to have been applied, and nothing has changed. */
async function expectNothingApplied(ctx: RegistryContext, call: Call, code: "ABORTED" | "TIMEOUT"): Promise<void> {
  const { backend } = ctx;
  const { identity, epoch, ...standing } = await storeOne(ctx, entry("a", { ttlMs: LONG_MS }));
  await storeExpired(ctx, entry("expired"));
  const options = { limit: 10, claimMs: LONG_MS, graceMs: 0 };
  const writes: readonly (() => Promise<unknown>)[] = [
    async () => backend.setMany([entry("b"), entry(identity, { mode: { epoch } })], call),
    async () => backend.renewMany([{ identity, epoch, ttlMs: 2 * LONG_MS }], call),
    async () => backend.deleteMany([{ identity, epoch }], call),
    async () => backend.reap(options, call),
  ];
  for (const write of writes) await expectRejected(write, code);
  await expectStored(ctx, "a", { identity, epoch, ...standing });
  await expectStored(ctx, "b", undefined);
  const claims = await claimDue(ctx, 1);
  await expectRejected(async () => backend.confirmMany(claims, call), code);
  await expectCensus(ctx, 2, 1);
}

async function expectRejected(write: () => Promise<unknown>, code: "ABORTED" | "TIMEOUT"): Promise<void> {
  await assert.rejects(write, (error) => {
    assert.ok(isMusterError(error, code), `${code} instead of ${String(error)}`);
    assert.equal(error.mayHaveApplied, false, "it can't have been applied");
    return true;
  });
}

export const signalCases: readonly RegistryCase[] = [
  {
    id: "registry/signals/given-up-before-applies-nothing",
    rule: "A call that was given up before it began rejects with `ABORTED`, not having been applied.",
    slot: "registry",
    run: async (ctx) => expectNothingApplied(ctx, { signal: AbortSignal.abort() }, "ABORTED"),
  },
  {
    id: "registry/signals/too-late-before-applies-nothing",
    rule: "A call whose deadline had passed before it began rejects with `TIMEOUT`, not having been applied.",
    slot: "registry",
    async run(ctx) {
      const reason = new MusterError({ code: "TIMEOUT", source: "conformance", message: "the deadline passed" });
      await expectNothingApplied(ctx, { signal: AbortSignal.abort(reason) }, "TIMEOUT");
    },
  },
];
