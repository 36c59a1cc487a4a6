/** Signs of life: what they extend, and what they leave alone. */

import assert from "node:assert/strict";
import type { Lease, LeaseOutcome } from "@muster/core/slots";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import {
  deleteOne,
  entry,
  expectCensus,
  expectScanned,
  expectStored,
  getOne,
  LONG_MS,
  renewOne,
  SHORT_MS,
  settled,
  startSession,
  storeExpired,
  storeOne,
  storeTime,
  untilExpired,
  untilStoreTime,
} from "../support.ts";

/** Renews, and sees that the new expiry is `ttlMs` from that moment, and stored. */
async function expectRenewed(ctx: RegistryContext, lease: Lease, ttlMs: number): Promise<number> {
  const { clock, ttlResolutionMs } = ctx.backend.traits;
  const from = await storeTime(ctx);
  const expiresAt = await renewOne(ctx, lease);
  const to = await storeTime(ctx);
  assert.ok(typeof expiresAt === "number", `an instant instead of "${expiresAt}"`);
  assert.ok(expiresAt >= from + ttlMs - clock.maxErrorMs, "never earlier than asked");
  assert.ok(expiresAt <= to + ttlMs + ttlResolutionMs + clock.maxErrorMs, "hardly later than asked");
  await settled(ctx, async () => assert.equal((await getOne(ctx, lease.identity))?.expiresAt, expiresAt));
  return expiresAt;
}

export const renewalCases: readonly RegistryCase[] = [
  {
    id: "registry/renewals/extend-by-the-stored-ttl",
    rule: "A renewal without a TTL of its own makes the registration expire its stored TTL from that moment.",
    slot: "registry",
    async run(ctx) {
      const { identity, epoch, registeredAt } = await storeOne(ctx, entry("a", { ttlMs: LONG_MS }));
      await untilStoreTime(ctx, registeredAt + 2);
      await expectRenewed(ctx, { identity, epoch }, LONG_MS);
    },
  },
  {
    id: "registry/renewals/take-a-new-ttl",
    rule: "A renewal with a TTL counts by that one, longer or shorter than before, and stores it for those that follow.",
    slot: "registry",
    async run(ctx) {
      const { identity, epoch } = await storeOne(ctx, entry("a", { ttlMs: LONG_MS }));
      for (const ttlMs of [3 * LONG_MS, LONG_MS / 2]) {
        await expectRenewed(ctx, { identity, epoch, ttlMs }, ttlMs);
        await settled(ctx, async () => assert.equal((await getOne(ctx, "a"))?.ttlMs, ttlMs));
        await expectRenewed(ctx, { identity, epoch }, ttlMs);
      }
    },
  },
  {
    id: "registry/renewals/keep-alive",
    rule: "A registration that is renewed in time is read after it would have expired; a shortened one no longer is.",
    slot: "registry",
    async run(ctx) {
      let tries = 0;
      const first = await ctx.eventually(async () => {
        const one = await storeOne(ctx, entry(`a-${tries}`, { ttlMs: 2 * SHORT_MS * 2 ** tries++ }));
        const outcome = await renewOne(ctx, { identity: one.identity, epoch: one.epoch, ttlMs: LONG_MS });
        assert.equal(typeof outcome, "number", "renewed in time");
        return one;
      });
      const { identity, epoch } = first;
      await untilExpired(ctx, first);
      assert.equal((await getOne(ctx, identity))?.epoch, epoch);
      const expiresAt = await renewOne(ctx, { identity, epoch, ttlMs: SHORT_MS });
      assert.ok(typeof expiresAt === "number");
      await untilStoreTime(ctx, expiresAt);
      await expectStored(ctx, identity, undefined);
    },
  },
  {
    id: "registry/renewals/touch-nothing-else",
    rule: "A renewal leaves metadata, attempt, revision, session, address, epoch and `registeredAt` alone.",
    slot: "registry",
    async run(ctx) {
      const given = { metadata: { list: [], n: 1.5 }, ttlMs: LONG_MS, session: "s", address: "node-1" };
      const { epoch } = await storeOne(ctx, entry("a", { ...given, metadata: {} }));
      const before = await storeOne(ctx, entry("a", { ...given, mode: { epoch } }));
      await untilStoreTime(ctx, before.registeredAt + 2);
      const expiresAt = await renewOne(ctx, { identity: "a", epoch, ttlMs: 2 * LONG_MS }, await ctx.peer());
      assert.ok(typeof expiresAt === "number");
      await expectStored(ctx, "a", { ...before, expiresAt, ttlMs: 2 * LONG_MS });
    },
  },
  {
    id: "registry/renewals/revive-nothing",
    rule: "What has expired can't be renewed, by no TTL and no instant: it is absent, and stays hidden.",
    slot: "registry",
    async run(ctx) {
      const { identity, epoch, registeredAt } = await storeExpired(ctx, entry("a"));
      const lease = { identity, epoch };
      const leases: readonly Lease[] = [
        lease,
        { ...lease, ttlMs: LONG_MS },
        { ...lease, expiresAt: registeredAt + LONG_MS },
      ];
      for (const one of leases) assert.equal(await renewOne(ctx, one), "absent" satisfies LeaseOutcome);
      await expectStored(ctx, "a", undefined);
      await expectScanned(ctx, []);
      await expectCensus(ctx, 1, 1);
    },
  },
  {
    id: "registry/renewals/absent-where-nothing-stands",
    rule: "Renewing what is unknown or deleted is `absent`, and stores nothing.",
    slot: "registry",
    async run(ctx) {
      const { identity, epoch } = await storeOne(ctx, entry("a", { ttlMs: LONG_MS }));
      await deleteOne(ctx, { identity, epoch });
      for (const lease of [
        { identity, epoch },
        { identity: "unknown", epoch: 1 },
      ]) {
        assert.equal(await renewOne(ctx, lease), "absent");
        assert.equal(await renewOne(ctx, { ...lease, ttlMs: LONG_MS }), "absent");
      }
      await expectScanned(ctx, []);
      await expectCensus(ctx, 0);
    },
  },
  {
    id: "registry/renewals/never-for-the-session-bound",
    rule: "Renewing a session-bound registration answers `never` and gives it no expiry; a TTL given is stored.",
    slot: "registry",
    async run(ctx) {
      await startSession(ctx, "s");
      const bound = await storeOne(ctx, entry("a", { ttlMs: LONG_MS, session: "s", sessionBound: true }));
      const { identity, epoch } = bound;
      assert.equal(await renewOne(ctx, { identity, epoch }), "never");
      await expectStored(ctx, "a", bound);
      assert.equal(await renewOne(ctx, { identity, epoch, ttlMs: 2 * LONG_MS }), "never");
      await expectStored(ctx, "a", { ...bound, ttlMs: 2 * LONG_MS });
    },
  },
  {
    id: "registry/renewals/never-without-a-ttl",
    rule: "Renewing a registration that has no TTL answers `never` and changes nothing.",
    slot: "registry",
    async run(ctx) {
      const eternal = await storeOne(ctx, entry("a"));
      assert.equal(await renewOne(ctx, { identity: "a", epoch: eternal.epoch }), "never");
      await expectStored(ctx, "a", eternal);
    },
  },
];
