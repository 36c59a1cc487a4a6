/** Renewals that name an instant: how the reaper stamps what a dead session has left behind. */

import assert from "node:assert/strict";
import type { Registration } from "@muster/core/slots";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import {
  deleteOne,
  entry,
  expectScanned,
  expectStored,
  LONG_MS,
  renewOne,
  SHORT_MS,
  startSession,
  storeOne,
  storeTime,
  untilStoreTime,
} from "../support.ts";
import { claimDue } from "./due-steps.ts";

/** Session-bound, by a session that has died since. */
async function leftBehind(ctx: RegistryContext, identity: string): Promise<Registration> {
  const session = await startSession(ctx, "s");
  const bound = await storeOne(ctx, entry(identity, { ttlMs: LONG_MS, session: "s", sessionBound: true }));
  await deleteOne(ctx, { identity: session.identity, epoch: session.epoch });
  return bound;
}

/** Stamps, and sees that it expires then, as nearly as the store can say it. */
async function stamp(ctx: RegistryContext, { identity, epoch }: Registration, instant: number): Promise<number> {
  const expiresAt = await renewOne(ctx, { identity, epoch, expiresAt: instant });
  assert.ok(typeof expiresAt === "number", `an instant instead of "${expiresAt}"`);
  assert.ok(expiresAt >= instant, "never earlier than asked");
  assert.ok(expiresAt <= instant + ctx.backend.traits.ttlResolutionMs, "hardly later than asked");
  return expiresAt;
}

export const stampCases: readonly RegistryCase[] = [
  {
    id: "registry/stamps/make-the-session-bound-expire",
    rule: "A session-bound registration that is stamped expires by itself at that instant, and changes in nothing else.",
    slot: "registry",
    async run(ctx) {
      const bound = await leftBehind(ctx, "a");
      const long = await stamp(ctx, bound, bound.registeredAt + 2 * LONG_MS);
      await expectStored(ctx, "a", { ...bound, expiresAt: long });
      const other = await leftBehind(ctx, "b");
      const short = await stamp(ctx, other, (await storeTime(ctx)) + SHORT_MS);
      await untilStoreTime(ctx, short);
      await expectStored(ctx, "b", undefined);
      await expectScanned(ctx, ["a"]);
    },
  },
  {
    id: "registry/stamps/end-the-binding",
    rule: "What has been stamped is no longer session-bound: a renewal gives it now + its TTL.",
    slot: "registry",
    async run(ctx) {
      const bound = await leftBehind(ctx, "a");
      const expiresAt = await stamp(ctx, bound, bound.registeredAt + LONG_MS / 2);
      const renewed = await renewOne(ctx, { identity: "a", epoch: bound.epoch });
      assert.ok(typeof renewed === "number" && renewed > expiresAt, `renewed to ${renewed}`);
      await expectStored(ctx, "a", { ...bound, expiresAt: renewed });
    },
  },
  {
    id: "registry/stamps/in-the-past-end-at-once",
    rule: "A session-bound registration that is stamped with an instant that has passed is expired, and due to be reaped.",
    slot: "registry",
    async run(ctx) {
      const bound = await leftBehind(ctx, "a");
      const { ttlResolutionMs } = ctx.backend.traits;
      await untilStoreTime(ctx, bound.registeredAt + ttlResolutionMs + 1);
      const { identity, epoch, registeredAt } = bound;
      await renewOne(ctx, { identity, epoch, expiresAt: registeredAt });
      await untilStoreTime(ctx, registeredAt + ttlResolutionMs);
      await expectStored(ctx, "a", undefined);
      const [claim] = await claimDue(ctx, 1);
      assert.deepEqual([claim?.registration.identity, claim?.registration.epoch], [identity, epoch]);
    },
  },
  {
    id: "registry/stamps/never-shorten",
    rule: "A stamp before the registration would expire anyway leaves its expiry as it is, and says when that is.",
    slot: "registry",
    async run(ctx) {
      const free = await storeOne(ctx, entry("a", { ttlMs: LONG_MS, session: "s" }));
      const { epoch, registeredAt } = free;
      for (const instant of [registeredAt, registeredAt + SHORT_MS, registeredAt + LONG_MS - 1])
        assert.equal(await renewOne(ctx, { identity: "a", epoch, expiresAt: instant }), free.expiresAt);
      await expectStored(ctx, "a", free);
      const bound = await leftBehind(ctx, "b");
      const stamped = await stamp(ctx, bound, bound.registeredAt + LONG_MS);
      const earlier = { identity: "b", epoch: bound.epoch, expiresAt: stamped - SHORT_MS };
      assert.equal(await renewOne(ctx, earlier), stamped, "a second stamp is no different");
      await expectStored(ctx, "b", { ...bound, expiresAt: stamped });
    },
  },
  {
    id: "registry/stamps/extend-what-expires-earlier",
    rule: "A stamp after the registration would expire extends its life until then, whatever its TTL.",
    slot: "registry",
    async run(ctx) {
      const free = await storeOne(ctx, entry("a", { ttlMs: LONG_MS }));
      const expiresAt = await stamp(ctx, free, free.registeredAt + 3 * LONG_MS);
      await expectStored(ctx, "a", { ...free, expiresAt });
    },
  },
  {
    id: "registry/stamps/leave-the-eternal-alone",
    rule: "A stamp on a registration that never expires by itself answers `never`, and it still never does.",
    slot: "registry",
    async run(ctx) {
      const eternal = await storeOne(ctx, entry("a"));
      const { epoch, registeredAt } = eternal;
      assert.equal(await renewOne(ctx, { identity: "a", epoch, expiresAt: registeredAt + LONG_MS }), "never");
      await expectStored(ctx, "a", eternal);
    },
  },
];
