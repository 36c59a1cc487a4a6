/** The two steps of an end: when each is due, and what is handed out. */

import assert from "node:assert/strict";
import { type ReapClaim, SESSION_PREFIX } from "@muster/core/slots";
import type { RegistryCase } from "../../case.ts";
import {
  entry,
  expectScanned,
  LONG_MS,
  numbered,
  SHORT_MS,
  startSession,
  storeAll,
  storeExpired,
  storeOne,
  storeTime,
  untilExpired,
} from "../support.ts";
import { claimDue, expectNothingDue, REAP } from "./due-steps.ts";

export const reapingCases: readonly RegistryCase[] = [
  {
    id: "registry/reaping/only-what-is-due",
    rule: "Nothing that lives is handed out to be reaped: no longer TTL, no session-bound one, nothing without TTL.",
    slot: "registry",
    async run(ctx) {
      await expectNothingDue(ctx, { graceMs: 0 });
      await startSession(ctx, "s");
      await storeOne(ctx, entry("bound", { session: "s", sessionBound: true, ttlMs: 1 }));
      await storeAll(ctx, [entry("eternal"), entry("long", { ttlMs: LONG_MS })]);
      await storeExpired(ctx, entry("due"));
      const claims = await claimDue(ctx, 1);
      assert.deepEqual(
        claims.map(({ registration, step }) => [registration.identity, step]),
        [["due", "expired"]],
      );
      await expectNothingDue(ctx, { graceMs: 0 });
    },
  },
  {
    id: "registry/reaping/gives-the-registration-as-it-stood",
    rule: "A claim carries the registration as it was last stored, at both steps.",
    slot: "registry",
    async run(ctx) {
      const { epoch } = await storeOne(ctx, entry("a", { ttlMs: 2 * LONG_MS }));
      const given = { metadata: { list: [], n: 0.1 }, ttlMs: SHORT_MS, session: "s", address: "node-1" };
      await storeOne(ctx, entry("a", { ...given, mode: { epoch } }));
      await ctx.backend.renewMany([{ identity: "a", epoch, ttlMs: LONG_MS }], ctx.call);
      const [last] = await ctx.backend.getMany(["a"], ctx.call);
      const [expiresAt] = await ctx.backend.renewMany([{ identity: "a", epoch, ttlMs: SHORT_MS }], ctx.call);
      assert.ok(last !== undefined && typeof expiresAt === "number");
      const registration = { ...last, expiresAt, ttlMs: SHORT_MS };
      await untilExpired(ctx, registration);
      const expired = await claimDue(ctx, 1);
      assert.deepEqual(expired, [{ registration, step: "expired" }]);
      await ctx.backend.confirmMany(expired, ctx.call);
      assert.deepEqual(await claimDue(ctx, 1, { graceMs: 0 }), [{ registration, step: "over" }]);
    },
  },
  {
    id: "registry/reaping/oldest-first",
    rule: "What expired first is handed out first, sessions among the rest.",
    slot: "registry",
    async run(ctx) {
      const identities = ["c", "a", `${SESSION_PREFIX}s`, "b", "d"];
      const ttls = [4, 1, 2, 5, 3].map((factor) => factor * (10 + ctx.backend.traits.ttlResolutionMs));
      const stored = await storeAll(
        ctx,
        identities.map((identity, index) => entry(identity, { ttlMs: ttls[index] })),
      );
      for (const one of stored) await untilExpired(ctx, one);
      const claims = [...(await claimDue(ctx, 2, { limit: 2 })), ...(await claimDue(ctx, 3, { limit: 2 }))];
      const order = claims.map(({ registration }) => registration.expiresAt ?? 0);
      assert.equal(order.length, stored.length);
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
      );
    },
  },
  {
    id: "registry/reaping/no-more-than-the-limit",
    rule: "No more steps are handed out than were asked for, and all of them in time.",
    slot: "registry",
    async run(ctx) {
      const stored = await storeAll(
        ctx,
        numbered("a", 7).map((identity) => entry(identity, { ttlMs: SHORT_MS })),
      );
      for (const one of stored) await untilExpired(ctx, one);
      const rounds: (readonly ReapClaim[])[] = [];
      await ctx.eventually(async () => {
        rounds.push(await ctx.backend.reap({ ...REAP, limit: 3 }, ctx.call));
        assert.ok(rounds.flat().length >= 7, `${rounds.flat().length} of 7 steps are due`);
      });
      for (const { length } of rounds) assert.ok(length <= 3, `${length} steps are handed out`);
      const claims = rounds.flat();
      assert.deepEqual(claims.map(({ registration }) => registration.identity).sort(), numbered("a", 7));
      await expectNothingDue(ctx);
    },
  },
  {
    id: "registry/reaping/over-when-its-grace-is-out",
    rule: "The step `over` is due `graceMs` after `expired` was confirmed, and not before.",
    slot: "registry",
    async run(ctx) {
      const graceMs = 4 * SHORT_MS;
      const { epoch } = await storeExpired(ctx, entry("a"));
      const expired = await claimDue(ctx, 1);
      const confirmedAt = await storeTime(ctx);
      await ctx.backend.confirmMany(expired, ctx.call);
      await expectNothingDue(ctx);
      const [over] = await claimDue(ctx, 1, { graceMs });
      const early = confirmedAt + graceMs - (await storeTime(ctx));
      assert.ok(early <= 0, `due at least ${early} ms early`);
      assert.deepEqual([over?.step, over?.registration.epoch], ["over", epoch]);
    },
  },
  {
    id: "registry/reaping/nothing-comes-after-over",
    rule: "Once both steps are confirmed nothing of a registration is left to reap.",
    slot: "registry",
    async run(ctx) {
      await storeExpired(ctx, entry("a"));
      for (const step of ["expired", "over"]) {
        const claims = await claimDue(ctx, 1, { graceMs: 0, claimMs: SHORT_MS });
        assert.deepEqual(
          claims.map((claim) => claim.step),
          [step],
        );
        await ctx.backend.confirmMany(claims, ctx.call);
      }
      const marker = await storeExpired(ctx, entry("b"));
      const claims = await claimDue(ctx, 1, { graceMs: 0 });
      assert.deepEqual(
        claims.map(({ registration }) => registration),
        [marker],
      );
      await expectScanned(ctx, []);
    },
  },
];
