/** Binding that arrives while its session ends: whoever reaps the session finds it, or it is refused. */

import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { type RegistryBackend, SESSION_PREFIX } from "@muster/core/slots";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import { entry, identitiesOf, LONG_MS, numbered, SHORT_MS, scanAllRoutes, startSession } from "../support.ts";
import { REAP } from "./due-steps.ts";

const ROUNDS = 6;
/** So many that to store them takes the store some time. */
const BATCH = 1_000;
/** Whoever comes late is not met on a later page. */
const ONE_PAGE = 10_000;

export const lateBindingCases: readonly RegistryCase[] = [
  {
    id: "registry/session-bound/none-behind-its-reaper",
    rule: "Whoever has claimed the end of a session finds everything that was ever bound to it: nothing is stored behind its back.",
    slot: "registry",
    applies: ({ traits }) => traits.consistency === "linearizable",
    async run(ctx) {
      const [binder, reaper] = [await ctx.peer(), await ctx.peer()];
      for (const session of numbered("s", ROUNDS)) {
        await startSession(ctx, session, 2 * SHORT_MS);
        const [bound, left] = await Promise.all([bindAll(ctx, session, binder), leftBy(ctx, session, reaper)]);
        const missed = bound.filter((identity) => !left.has(identity));
        assert.deepEqual(missed, [], "stored, and not found by who reaped its session");
      }
    },
  },
];

/** Binds batch after batch until one is refused; gives what was stored. */
async function bindAll(ctx: RegistryContext, session: string, at: RegistryBackend): Promise<readonly string[]> {
  const stored: string[] = [];
  for (let batch = 0; ; batch += 1) {
    const entries = numbered(`${session}-${batch}`, BATCH).map((identity) =>
      entry(identity, { session, sessionBound: true, ttlMs: LONG_MS }),
    );
    const outcomes = await at.setMany(entries, ctx.call);
    stored.push(...outcomes.flatMap((outcome) => ("stored" in outcome ? outcome.stored.identity : [])));
    const refused = new Set(outcomes.flatMap((outcome) => ("refused" in outcome ? outcome.refused : [])));
    if (refused.size === 0) continue;
    assert.deepEqual(refused, new Set(["session"]), "why it was refused");
    return stored;
  }
}

/** Reaps until the session has come to its end; gives what is bound to it then. */
async function leftBy(ctx: RegistryContext, session: string, at: RegistryBackend): Promise<ReadonlySet<string>> {
  for (;;) {
    const claims = await at.reap(REAP, ctx.call);
    if (claims.some(({ registration }) => registration.identity === SESSION_PREFIX + session))
      return new Set(identitiesOf(await scanAllRoutes(ctx, { session, pageSize: ONE_PAGE }, at)));
    await turn();
  }
}
