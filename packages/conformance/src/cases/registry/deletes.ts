/** Removing at once. */

import assert from "node:assert/strict";
import type { RegistryCase } from "../../case.ts";
import {
  deleteOne,
  entry,
  expectCensus,
  expectScanned,
  expectStored,
  LONG_MS,
  SHORT_MS,
  storeAll,
  storeExpired,
  storeOne,
  untilExpired,
} from "../support.ts";

export const deleteCases: readonly RegistryCase[] = [
  {
    id: "registry/deletes/removes-at-once",
    rule: "What is deleted by epoch is gone from every read and from the census at once; the second time it is absent.",
    slot: "registry",
    async run(ctx) {
      const [a, b] = await storeAll(ctx, [entry("a", { ttlMs: LONG_MS }), entry("b", { ttlMs: LONG_MS })]);
      const key = { identity: "a", epoch: a?.epoch ?? 0 };
      assert.equal(await deleteOne(ctx, key, await ctx.peer()), "deleted");
      await expectStored(ctx, "a", undefined);
      await expectStored(ctx, "b", b);
      await expectScanned(ctx, ["b"]);
      await expectCensus(ctx, 1);
      assert.equal(await deleteOne(ctx, key), "absent");
    },
  },
  {
    id: "registry/deletes/leaves-nothing-to-reap",
    rule: "What is deleted leaves no tombstone: no step of its end ever comes, not even after it would have expired.",
    slot: "registry",
    async run(ctx) {
      let tries = 0;
      const deleted = await ctx.eventually(async () => {
        const registration = await storeOne(ctx, entry(`a-${tries}`, { ttlMs: 2 * SHORT_MS * 2 ** tries++ }));
        const { identity, epoch } = registration;
        assert.equal(await deleteOne(ctx, { identity, epoch }), "deleted", "in time before it expires");
        return registration;
      });
      await untilExpired(ctx, deleted);
      for (const registry of [ctx.backend, await ctx.peer()]) {
        const claims = await registry.reap({ limit: 100, claimMs: 1, graceMs: 0 }, ctx.call);
        const due = claims.map(({ registration }) => registration.identity);
        assert.ok(!due.includes(deleted.identity), "a step of what was deleted is due");
      }
    },
  },
  {
    id: "registry/deletes/absent-once-expired",
    rule: "What has expired can't be deleted any more: it is absent, and stays counted until it is reaped.",
    slot: "registry",
    async run(ctx) {
      const one = entry("a");
      const { identity, epoch } = await storeExpired(ctx, one);
      assert.equal(await deleteOne(ctx, { identity, epoch }), "absent");
      assert.equal(await deleteOne(ctx, { identity, attempt: one.attempt }), "absent");
      await expectCensus(ctx, 1, 1);
    },
  },
];
