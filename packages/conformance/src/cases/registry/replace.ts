/** Mode `replace`: takes over whatever stands, and keeps nothing of it. */

import assert from "node:assert/strict";
import type { RegistryCase } from "../../case.ts";
import {
  entry,
  expectCensus,
  expectStored,
  LONG_MS,
  numbered,
  startSession,
  storeExpired,
  storeOne,
} from "../support.ts";

export const replaceCases: readonly RegistryCase[] = [
  {
    id: "registry/replace/takes-over-a-live-one",
    rule: "Replace stores a new life, of a larger epoch and at revision 1, over a registration whose session lives.",
    slot: "registry",
    async run(ctx) {
      await startSession(ctx, "s");
      const first = await storeOne(ctx, entry("a", { session: "s" }));
      await storeOne(ctx, entry("a", { session: "s", mode: { epoch: first.epoch } }));
      const second = await storeOne(ctx, entry("a", { session: "s", mode: "replace" }), await ctx.peer());
      assert.ok(second.epoch > first.epoch, "the later life has the larger epoch");
      assert.ok(second.registeredAt >= first.registeredAt, "it was registered later");
      assert.equal(second.revision, 1);
      await expectStored(ctx, "a", second);
      await expectCensus(ctx, 1);
    },
  },
  {
    id: "registry/replace/keeps-nothing",
    rule: "Nothing of the registration that was replaced is left: no metadata, TTL, session, address or attempt.",
    slot: "registry",
    async run(ctx) {
      await startSession(ctx, "s");
      const old = { metadata: { old: { deep: 1 }, both: 1 }, ttlMs: LONG_MS, session: "s", address: "node-1" };
      await storeOne(ctx, entry("a", old));
      const one = entry("a", { metadata: { both: 2 }, mode: "replace" });
      const { epoch: _epoch, registeredAt: _registeredAt, ...rest } = await storeOne(ctx, one);
      const bare = { session: undefined, address: undefined, ttlMs: undefined, expiresAt: undefined };
      assert.deepEqual(rest, { identity: "a", ...bare, metadata: { both: 2 }, revision: 1, attempt: one.attempt });
      await expectStored(ctx, "a", { ...rest, epoch: _epoch, registeredAt: _registeredAt });
    },
  },
  {
    id: "registry/replace/stores-where-nothing-stands",
    rule: "Replace needs nothing to replace: it stores where nothing ever stood, and over what has expired.",
    slot: "registry",
    async run(ctx) {
      const fresh = await storeOne(ctx, entry("a", { mode: "replace" }));
      await expectStored(ctx, "a", fresh);
      const expired = await storeExpired(ctx, entry("b"));
      const again = await storeOne(ctx, entry("b", { mode: "replace" }));
      assert.ok(again.epoch > expired.epoch, "the later life has the larger epoch");
      await expectStored(ctx, "b", again);
    },
  },
  {
    id: "registry/replace/a-race-leaves-the-last-epoch",
    rule: "Processes that replace one registration at once all store a life of its own epoch; the last of these stands.",
    slot: "registry",
    async run(ctx) {
      const peers = [await ctx.peer(), await ctx.peer(), await ctx.peer()];
      for (const identity of numbered("a", 4)) {
        const lives = await Promise.all(
          peers.map((peer, n) => storeOne(ctx, entry(identity, { metadata: { n }, mode: "replace" }), peer)),
        );
        lives.sort((one, other) => one.epoch - other.epoch);
        assert.equal(new Set(lives.map(({ epoch }) => epoch)).size, lives.length, "each life has its own epoch");
        await expectStored(ctx, identity, lives.at(-1));
      }
    },
  },
];
