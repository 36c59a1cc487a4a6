/** Expired is gone: from its `expiresAt` on, by the store's clock, and not a moment before. */

import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import {
  entry,
  expectStored,
  getOne,
  identitiesOf,
  LONG_MS,
  numbered,
  SHORT_MS,
  scanAll,
  scanAllRoutes,
  storeAll,
  storeExpired,
  storeOne,
  storeTime,
  untilExpired,
} from "../support.ts";
import { claimDue } from "./due-steps.ts";

/** A read that must not find `a`, which has expired, at any stage of its end, beside `b`, which lives. */
function hides(what: string, rule: string, read: (ctx: RegistryContext) => Promise<readonly string[]>): RegistryCase {
  return {
    id: `registry/ttl/expired-is-hidden-from-${what}`,
    rule,
    slot: "registry",
    applies: ({ counts }) => what !== "count" || counts !== undefined,
    async run(ctx) {
      await storeOne(ctx, entry("b", { ttlMs: LONG_MS, session: "s" }));
      await storeExpired(ctx, entry("a", { session: "s" }));
      assert.deepEqual(await read(ctx), ["b"], "before its end is claimed");
      const claims = await claimDue(ctx, 1);
      assert.deepEqual(await read(ctx), ["b"], "while its end is claimed");
      await ctx.backend.confirmMany(claims, ctx.call);
      assert.deepEqual(await read(ctx), ["b"], "when only its tombstone is left");
    },
  };
}

export const ttlCases: readonly RegistryCase[] = [
  {
    id: "registry/ttl/is-in-milliseconds",
    rule: "A registration expires as many ms after it was stored as asked, later only by `ttlResolutionMs`.",
    slot: "registry",
    async run(ctx) {
      const ttls = [60_000, 60_001, 61_999, 86_400_000, 2 ** 31 + 1, 100 * 365 * 86_400_000];
      const stored = await storeAll(
        ctx,
        numbered("a", ttls.length).map((identity, index) => entry(identity, { ttlMs: ttls[index] })),
      );
      for (const [index, registration] of stored.entries()) {
        const asked = ttls[index] ?? 0;
        const later = (registration.expiresAt ?? Number.NaN) - registration.registeredAt - asked;
        assert.ok(later >= 0, `${-later} ms earlier than asked`);
        assert.ok(later <= ctx.backend.traits.ttlResolutionMs, `${later} ms later than asked`);
        assert.equal(registration.ttlMs, asked);
        await expectStored(ctx, registration.identity, registration);
      }
    },
  },
  {
    id: "registry/ttl/not-a-moment-before",
    rule: "No read hides a registration before its `expiresAt`, and every read hides it from then on.",
    slot: "registry",
    async run(ctx) {
      const { clock, staleMs } = ctx.backend.traits;
      const { registeredAt, expiresAt = 0 } = await storeOne(ctx, entry("a", { ttlMs: 4 * SHORT_MS }));
      let before = registeredAt;
      for (let isGone = false; !isGone; ) {
        const seen = [await getOne(ctx, "a"), (await scanAll(ctx))[0], (await scanAllRoutes(ctx))[0]];
        const after = await storeTime(ctx);
        const early = expiresAt - clock.maxErrorMs - after;
        if (seen.includes(undefined)) assert.ok(early <= 0, `hidden at least ${early} ms early`);
        const late = before - (expiresAt + clock.maxErrorMs + staleMs);
        isGone = seen.every((one) => one === undefined);
        if (!isGone) assert.ok(late < 0, `seen at least ${late} ms late`);
        before = after;
        await nextTurn();
      }
    },
  },
  hides(
    "get",
    "A registration that has expired is read by nobody, whether or not it has been cleaned up.",
    async (ctx) => {
      const found = await ctx.backend.getMany(["a", "b"], ctx.call);
      return found.flatMap((one) => (one ? [one.identity] : []));
    },
  ),
  hides("scan", "A registration that has expired is on no page, whether or not it has been cleaned up.", async (ctx) =>
    identitiesOf(await scanAll(ctx)),
  ),
  hides("scan-routes", "A registration that has expired has no route, cleaned up or not.", async (ctx) =>
    identitiesOf(await scanAllRoutes(ctx)),
  ),
  hides("scan-by-session", "What a session serves is listed without the expired.", async (ctx) => {
    const routes = identitiesOf(await scanAllRoutes(ctx, { session: "s" }));
    assert.deepEqual(identitiesOf(await scanAll(ctx, { session: "s" })), routes);
    return routes;
  }),
  hides("count", "A registration that has expired is not counted among the living.", async (ctx) => {
    const count = await ctx.backend.counts?.count(undefined, ctx.call);
    return count === 1 ? ["b"] : [`${count} live`];
  }),
  {
    id: "registry/ttl/none-means-never",
    rule: "A registration without TTL never expires by itself.",
    slot: "registry",
    async run(ctx) {
      const eternal = await storeOne(ctx, entry("a"));
      assert.equal(eternal.expiresAt, undefined);
      await storeExpired(ctx, entry("b"));
      await expectStored(ctx, "a", eternal);
      const claims = await ctx.backend.reap({ limit: 10, claimMs: LONG_MS, graceMs: 0 }, ctx.call);
      assert.ok(!claims.some(({ registration }) => registration.identity === "a"), "its end is never due");
    },
  },
  {
    id: "registry/ttl/replaced-with-the-registration",
    rule: "A registration that replaces another lives by its own TTL, longer, shorter or none, from its own beginning.",
    slot: "registry",
    async run(ctx) {
      const old = await storeAll(
        ctx,
        ["longer", "none"].map((identity) => entry(identity, { ttlMs: 2 * SHORT_MS })),
      );
      await storeOne(ctx, entry("shorter", { ttlMs: LONG_MS }));
      const longer = await storeOne(ctx, entry("longer", { ttlMs: LONG_MS, mode: "replace" }));
      const none = await storeOne(ctx, entry("none", { mode: "replace" }));
      const shorter = await storeOne(ctx, entry("shorter", { ttlMs: SHORT_MS, mode: "replace" }));
      for (const one of [...old, shorter]) await untilExpired(ctx, one);
      await expectStored(ctx, "longer", longer);
      await expectStored(ctx, "none", none);
      await expectStored(ctx, "shorter", undefined);
    },
  },
  {
    id: "registry/ttl/by-the-stores-clock",
    rule: "`registeredAt` is epoch ms by one clock for all processes: what is registered later bears no earlier time.",
    slot: "registry",
    async run(ctx) {
      const peers = [ctx.backend, await ctx.peer(), await ctx.peer()];
      let last = Date.UTC(2020, 0);
      for (const [round, identity] of numbered("a", 9).entries()) {
        const { registeredAt } = await storeOne(ctx, entry(identity), peers[round % peers.length]);
        assert.ok(registeredAt + 2 * ctx.backend.traits.clock.maxErrorMs >= last, `${registeredAt} after ${last}`);
        last = registeredAt;
      }
      assert.ok(last < Date.UTC(2100, 0), "in ms, not in µs");
    },
  },
];
