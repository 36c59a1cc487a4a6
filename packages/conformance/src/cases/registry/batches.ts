/** Batches: an outcome for each entry, in order, each entry for itself. */

import assert from "node:assert/strict";
import type { RegistryCase } from "../../case.ts";
import { entry, expectCensus, expectScanned, LONG_MS, numbered, settled, startSession, storeAll } from "../support.ts";

export const batchCases: readonly RegistryCase[] = [
  {
    id: "registry/batches/set-each-for-itself",
    rule: "Outcomes of setting stand in the order of the entries; one that is refused keeps no other from being stored.",
    slot: "registry",
    async run(ctx) {
      await startSession(ctx, "s");
      const [taken, fenced, conflict] = await storeAll(
        ctx,
        ["m", "n", "o"].map((identity) => entry(identity, { session: "s" })),
      );
      const outcomes = await ctx.backend.setMany(
        [
          entry("z"),
          entry("m"),
          entry("y"),
          entry("n", { mode: { epoch: (fenced?.epoch ?? 0) + 1 } }),
          entry("o", { mode: { epoch: conflict?.epoch ?? 0, revision: 2 } }),
          entry("x", { session: "unheard-of", sessionBound: true }),
          entry("a"),
        ],
        ctx.call,
      );
      assert.deepEqual(
        outcomes.map((outcome) => ("stored" in outcome ? outcome.stored.identity : outcome.refused)),
        ["z", "exists", "y", "fenced", "conflict", "session", "a"],
      );
      await expectScanned(ctx, ["a", "m", "n", "o", "y", "z"]);
      await settled(ctx, async () => assert.deepEqual((await ctx.backend.getMany(["m"], ctx.call))[0], taken));
    },
  },
  {
    id: "registry/batches/renew-each-for-itself",
    rule: "Outcomes of renewing stand in the order of the leases, and one that fails keeps no other from being renewed.",
    slot: "registry",
    async run(ctx) {
      const [b, a, eternal] = await storeAll(ctx, [
        entry("b", { ttlMs: LONG_MS }),
        entry("a", { ttlMs: LONG_MS }),
        entry("c"),
      ]);
      const ttlMs = 2 * LONG_MS;
      const outcomes = await ctx.backend.renewMany(
        [
          { identity: "unknown", epoch: 1, ttlMs },
          { identity: "b", epoch: b?.epoch ?? 0, ttlMs },
          { identity: "c", epoch: eternal?.epoch ?? 0 },
          { identity: "a", epoch: (a?.epoch ?? 0) + 1, ttlMs },
          { identity: "$session/unknown", epoch: 1, ttlMs },
        ],
        ctx.call,
      );
      const [first, renewed, ...rest] = outcomes;
      assert.deepEqual([first, ...rest], ["absent", "never", "fenced", "absent"]);
      assert.ok(typeof renewed === "number" && renewed > (b?.expiresAt ?? 0), "b is renewed");
      await settled(ctx, async () => {
        const found = await ctx.backend.getMany(["a", "b", "c"], ctx.call);
        assert.deepEqual(
          found.map((one) => one?.expiresAt),
          [a?.expiresAt, renewed, undefined],
        );
      });
    },
  },
  {
    id: "registry/batches/delete-each-for-itself",
    rule: "Outcomes of deleting stand in the order of the keys, and one that fails keeps no other from being deleted.",
    slot: "registry",
    async run(ctx) {
      const entries = ["c", "b", "a", "d"].map((identity) => entry(identity));
      const [c, b, a] = await storeAll(ctx, entries);
      const outcomes = await ctx.backend.deleteMany(
        [
          { identity: "unknown", epoch: 1 },
          { identity: "c", epoch: c?.epoch ?? 0 },
          { identity: "b", epoch: (b?.epoch ?? 0) + 1 },
          { identity: "a", attempt: a?.attempt ?? "" },
          { identity: "d", attempt: "another" },
        ],
        ctx.call,
      );
      assert.deepEqual(outcomes, ["absent", "deleted", "fenced", "deleted", "fenced"]);
      await expectScanned(ctx, ["b", "d"]);
    },
  },
  {
    id: "registry/batches/of-none",
    rule: "An empty batch of any kind succeeds and gives nothing.",
    slot: "registry",
    async run(ctx) {
      await storeAll(ctx, [entry("a")]);
      const { backend, call } = ctx;
      assert.deepEqual(await backend.setMany([], call), []);
      assert.deepEqual(await backend.getMany([], call), []);
      assert.deepEqual(await backend.renewMany([], call), []);
      assert.deepEqual(await backend.deleteMany([], call), []);
      await backend.confirmMany([], call);
      await expectCensus(ctx, 1);
    },
  },
  {
    id: "registry/batches/of-a-thousand",
    rule: "Batches of a thousand are stored, renewed and deleted as small ones are.",
    slot: "registry",
    async run(ctx) {
      const { backend, call } = ctx;
      const identities = numbered("a", 1_000);
      const entries = identities.map((identity) => entry(identity, { ttlMs: LONG_MS }));
      const outcomes = await backend.setMany(entries.toReversed(), call);
      const stored = outcomes.flatMap((outcome) => ("stored" in outcome ? [outcome.stored] : []));
      assert.deepEqual(
        stored.map(({ identity }) => identity),
        identities.toReversed(),
      );
      await expectCensus(ctx, 1_000);
      const leases = stored.map(({ identity, epoch }) => ({ identity, epoch, ttlMs: 2 * LONG_MS }));
      const renewed = await backend.renewMany(leases, call);
      assert.equal(renewed.filter((outcome) => typeof outcome === "number").length, 1_000);
      const deleted = await backend.deleteMany(leases.slice(1), call);
      assert.deepEqual(new Set(deleted), new Set(["deleted"]));
      await expectScanned(ctx, [leases[0]?.identity ?? ""]);
    },
  },
];
