/** What the cases about ends share: claiming the steps that are due. */

import assert from "node:assert/strict";
import type { ReapClaim, RegistryBackend } from "@muster/core/slots";
import type { RegistryContext } from "../../case.ts";
import { LONG_MS } from "../support.ts";

type ReapOptions = Parameters<RegistryBackend["reap"]>[0];

/** Steps that stay claimed, and tombstones that stay, for as long as any case runs. */
export const REAP: ReapOptions = { limit: 100, claimMs: LONG_MS, graceMs: LONG_MS };

/** Reaps until as many steps have been claimed, together. */
export async function claimDue(
  ctx: RegistryContext,
  count: number,
  options: Partial<ReapOptions> = {},
  registry: RegistryBackend = ctx.backend,
): Promise<readonly ReapClaim[]> {
  const claims: ReapClaim[] = [];
  await ctx.eventually(async () => {
    claims.push(...(await registry.reap({ ...REAP, ...options }, ctx.call)));
    assert.ok(claims.length >= count, `${claims.length} of ${count} steps are due`);
  });
  return claims;
}

/** Asserts that no process finds a step to carry out. */
export async function expectNothingDue(ctx: RegistryContext, options: Partial<ReapOptions> = {}): Promise<void> {
  for (const registry of [ctx.backend, await ctx.peer()])
    assert.deepEqual(await registry.reap({ ...REAP, ...options }, ctx.call), []);
}
