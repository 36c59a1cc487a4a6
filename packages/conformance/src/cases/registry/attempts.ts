/** Asking again after a lost reply, and undoing what a lost reply may have stored. */

import assert from "node:assert/strict";
import { SESSION_PREFIX } from "@muster/core/slots";
import type { RegistryCase } from "../../case.ts";
import {
  deleteOne,
  entry,
  expectCensus,
  expectScanned,
  expectStored,
  LONG_MS,
  setOne,
  startSession,
  storedIn,
  storeOne,
} from "../support.ts";

export const attemptCases: readonly RegistryCase[] = [
  {
    id: "registry/attempts/a-repeated-create-gives-what-it-stored",
    rule: "The attempt that created a registration, repeated by anyone, gets that registration and stores nothing twice.",
    slot: "registry",
    async run(ctx) {
      await startSession(ctx, "s");
      const one = entry("a", { session: "s", ttlMs: LONG_MS, metadata: { n: 1 } });
      const stored = await storeOne(ctx, one);
      for (const registry of [ctx.backend, await ctx.peer()])
        assert.deepEqual(await storeOne(ctx, one, registry), stored);
      await expectStored(ctx, "a", stored);
      await expectCensus(ctx, 1);
    },
  },
  {
    id: "registry/attempts/a-repeated-replace-gives-what-it-stored",
    rule: "The attempt that replaced a registration, repeated, gets its own registration and begins no further life.",
    slot: "registry",
    async run(ctx) {
      await storeOne(ctx, entry("a"));
      const one = entry("a", { mode: "replace" });
      const stored = await storeOne(ctx, one);
      assert.deepEqual(await storeOne(ctx, one), stored);
      assert.deepEqual(await storeOne(ctx, { ...one, mode: "create" }), stored);
      await expectStored(ctx, "a", stored);
    },
  },
  {
    id: "registry/attempts/a-repeated-update-counts-once",
    rule: "The attempt that updated a registration, repeated, gets what it stored, and the revision grows only once.",
    slot: "registry",
    async run(ctx) {
      const { epoch } = await storeOne(ctx, entry("a"));
      for (const mode of [{ epoch }, { epoch, revision: 2 }]) {
        const one = entry("a", { metadata: { mode: JSON.stringify(mode) }, mode });
        const stored = await storeOne(ctx, one);
        assert.deepEqual(await storeOne(ctx, one), stored);
        await expectStored(ctx, "a", stored);
      }
    },
  },
  {
    id: "registry/attempts/repeated-when-its-session-has-died",
    rule: "A repeated attempt gets the registration it bound to a session, even if that session has died meanwhile.",
    slot: "registry",
    async run(ctx) {
      const { epoch } = await startSession(ctx, "s");
      const one = entry("a", { session: "s", sessionBound: true });
      const stored = await storeOne(ctx, one);
      await deleteOne(ctx, { identity: `${SESSION_PREFIX}s`, epoch });
      assert.deepEqual(await storeOne(ctx, one), stored);
      await expectStored(ctx, "a", stored);
    },
  },
  {
    id: "registry/attempts/at-once-are-one",
    rule: "One attempt that arrives several times at once stores one registration, and each gets that one.",
    slot: "registry",
    async run(ctx) {
      const peers = [ctx.backend, await ctx.peer(), await ctx.peer()];
      for (const mode of ["create", "replace"] as const) {
        const one = entry(mode, { mode });
        const outcomes = await Promise.all(peers.map((peer) => setOne(ctx, one, peer)));
        const [first, ...others] = outcomes.map((outcome) => storedIn(outcome));
        for (const other of others) assert.deepEqual(other, first);
        await expectStored(ctx, mode, first);
      }
      await expectCensus(ctx, 2);
    },
  },
  {
    id: "registry/attempts/a-delete-by-attempt-undoes-a-register",
    rule: "Deleting by attempt deletes what that attempt stored, whatever epoch it got; the second time it is absent.",
    slot: "registry",
    async run(ctx) {
      const one = entry("a");
      await storeOne(ctx, one);
      const key = { identity: "a", attempt: one.attempt };
      assert.equal(await deleteOne(ctx, key), "deleted");
      assert.equal(await deleteOne(ctx, key), "absent");
      assert.equal(await deleteOne(ctx, { identity: "unknown", attempt: one.attempt }), "absent");
      await expectScanned(ctx, []);
      await expectCensus(ctx, 0);
    },
  },
  {
    id: "registry/attempts/a-delete-by-attempt-spares-the-successor",
    rule: "Deleting by the attempt of an earlier life is `fenced` and leaves the successor alone.",
    slot: "registry",
    async run(ctx) {
      const first = entry("a");
      await storeOne(ctx, first);
      const successor = await storeOne(ctx, entry("a", { mode: "replace" }));
      assert.equal(await deleteOne(ctx, { identity: "a", attempt: first.attempt }), "fenced");
      await expectStored(ctx, "a", successor);
    },
  },
];
