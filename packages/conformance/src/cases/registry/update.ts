/** Mode `{ epoch, revision? }`: rewrites one life of an identity, or nothing. */

import assert from "node:assert/strict";
import type { RegistryCase } from "../../case.ts";
import {
  deleteOne,
  entry,
  expectCensus,
  expectStored,
  LONG_MS,
  numbered,
  refusal,
  setOne,
  startSession,
  storeExpired,
  storeOne,
  storeTime,
  untilStoreTime,
} from "../support.ts";

export const updateCases: readonly RegistryCase[] = [
  {
    id: "registry/update/rewrites-and-keeps",
    rule: "An update rewrites metadata, TTL, session, address and attempt; it keeps epoch, `registeredAt` and expiry.",
    slot: "registry",
    async run(ctx) {
      const first = await storeOne(ctx, entry("a", { metadata: { old: 1, both: 1 }, ttlMs: LONG_MS, session: "s" }));
      await untilStoreTime(ctx, first.registeredAt + 1);
      const changes = { metadata: { both: 2 }, ttlMs: 2 * LONG_MS, session: "t", address: "node-2" };
      const one = entry("a", { ...changes, mode: { epoch: first.epoch, revision: 1 } });
      const updated = await storeOne(ctx, one);
      assert.deepEqual(updated, { ...first, ...changes, attempt: one.attempt, revision: 2 });
      await expectStored(ctx, "a", updated);
      await expectStored(ctx, "a", updated, await ctx.peer());
    },
  },
  {
    id: "registry/update/counts-the-revision",
    rule: "Each update grows the revision by 1, whether or not it names the one it expects.",
    slot: "registry",
    async run(ctx) {
      const { epoch } = await storeOne(ctx, entry("a"));
      for (let revision = 1; revision <= 4; revision++) {
        const mode = revision % 2 === 0 ? { epoch } : { epoch, revision };
        const updated = await storeOne(ctx, entry("a", { metadata: { revision }, mode }));
        assert.equal(updated.revision, revision + 1);
        await expectStored(ctx, "a", updated);
      }
    },
  },
  {
    id: "registry/update/fenced-by-another-epoch",
    rule: "An update that names another epoch than the one that stands is refused with `fenced` and changes nothing.",
    slot: "registry",
    async run(ctx) {
      const first = await storeOne(ctx, entry("a"));
      const current = await storeOne(ctx, entry("a", { mode: "replace", metadata: { life: 2 } }));
      for (const epoch of [first.epoch, current.epoch - 1, current.epoch + 1]) {
        const outcome = await setOne(ctx, entry("a", { metadata: { lost: true }, mode: { epoch } }));
        assert.ok("refused" in outcome && !("stored" in outcome), `an update of ${epoch} is refused`);
        assert.equal(outcome.refused, "fenced");
        assert.deepEqual(outcome.current ?? current, current);
        assert.equal(await refusal(ctx, entry("a", { mode: { epoch, revision: 1 } })), "fenced");
      }
      await expectStored(ctx, "a", current);
    },
  },
  {
    id: "registry/update/fenced-where-nothing-stands",
    rule: "An update of an identity that is unknown, deleted or expired is refused with `fenced` and stores nothing.",
    slot: "registry",
    async run(ctx) {
      const expired = await storeExpired(ctx, entry("expired"));
      const deleted = await storeOne(ctx, entry("deleted"));
      await deleteOne(ctx, { identity: "deleted", epoch: deleted.epoch });
      for (const { identity, epoch } of [expired, deleted, { identity: "unknown", epoch: 1 }]) {
        assert.equal(await refusal(ctx, entry(identity, { mode: { epoch } })), "fenced");
        assert.equal(await refusal(ctx, entry(identity, { mode: { epoch, revision: 1 } })), "fenced");
        await expectStored(ctx, identity, undefined);
      }
      await expectCensus(ctx, 1, 1);
    },
  },
  {
    id: "registry/update/conflicts-with-another-revision",
    rule: "An update that expects another revision is refused with `conflict` and changes nothing.",
    slot: "registry",
    async run(ctx) {
      const { epoch } = await storeOne(ctx, entry("a"));
      const current = await storeOne(ctx, entry("a", { metadata: { n: 2 }, mode: { epoch, revision: 1 } }));
      for (const revision of [1, 3]) {
        const outcome = await setOne(ctx, entry("a", { metadata: { lost: true }, mode: { epoch, revision } }));
        assert.ok("refused" in outcome && !("stored" in outcome), `an update of revision ${revision} is refused`);
        assert.equal(outcome.refused, "conflict");
        assert.deepEqual(outcome.current ?? current, current);
      }
      await expectStored(ctx, "a", current);
    },
  },
  {
    id: "registry/update/one-winner-per-revision",
    rule: "Of updates that expect the same revision and arrive at once, exactly one is stored.",
    slot: "registry",
    async run(ctx) {
      const peers = [await ctx.peer(), await ctx.peer(), await ctx.peer()];
      let current = await storeOne(ctx, entry("a"));
      for (let round = 0; round < 4; round++) {
        const mode = { epoch: current.epoch, revision: current.revision };
        const outcomes = await Promise.all(
          peers.map((peer, n) => setOne(ctx, entry("a", { metadata: { round, n }, mode }), peer)),
        );
        const [won, ...others] = outcomes.flatMap((outcome) => ("stored" in outcome ? [outcome.stored] : []));
        assert.ok(won !== undefined && others.length === 0, "one update of each revision is stored");
        const refused = outcomes.flatMap((outcome) => ("refused" in outcome ? [outcome.refused] : []));
        assert.deepEqual(refused, ["conflict", "conflict"]);
        await expectStored(ctx, "a", won);
        current = won;
      }
    },
  },
  {
    id: "registry/update/concurrent-ones-all-count",
    rule: "Updates that expect no revision and arrive at once are all stored, one after the other.",
    slot: "registry",
    async run(ctx) {
      const { epoch } = await storeOne(ctx, entry("a"));
      const peers = [await ctx.peer(), await ctx.peer(), await ctx.peer()];
      const updated = await Promise.all(
        peers.flatMap((peer) =>
          numbered("update", 3).map(async (name) =>
            storeOne(ctx, entry("a", { metadata: { name }, mode: { epoch } }), peer),
          ),
        ),
      );
      updated.sort((one, other) => one.revision - other.revision);
      assert.deepEqual(
        updated.map(({ revision }) => revision),
        [2, 3, 4, 5, 6, 7, 8, 9, 10],
      );
      await expectStored(ctx, "a", updated.at(-1));
    },
  },
  {
    id: "registry/update/binding-takes-the-expiry-away",
    rule: "An update to session-bound takes the expiry away, and one from it starts the TTL at that moment.",
    slot: "registry",
    async run(ctx) {
      await startSession(ctx, "s");
      const { epoch } = await storeOne(ctx, entry("a", { ttlMs: LONG_MS }));
      const bind = entry("a", { ttlMs: LONG_MS, session: "s", sessionBound: true, mode: { epoch } });
      const bound = await storeOne(ctx, bind);
      assert.equal(bound.expiresAt, undefined);
      assert.equal(bound.ttlMs, LONG_MS);
      await untilStoreTime(ctx, bound.registeredAt + 1);
      const from = await storeTime(ctx);
      const free = await storeOne(ctx, entry("a", { ttlMs: LONG_MS, session: "s", mode: { epoch } }));
      const { ttlResolutionMs } = ctx.backend.traits;
      assert.ok(free.expiresAt !== undefined && free.expiresAt >= from + LONG_MS, "never earlier than asked");
      assert.ok(free.expiresAt <= (await storeTime(ctx)) + LONG_MS + ttlResolutionMs, "hardly later than asked");
      await expectStored(ctx, "a", free);
    },
  },
];
