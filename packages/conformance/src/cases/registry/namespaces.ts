/** Nothing of one namespace is ever seen in another, however alike their names are. */

import assert from "node:assert/strict";
import type { RegistryBackend } from "@muster/core/slots";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import {
  alikeNamespaces,
  deleteOne,
  entry,
  expectCensus,
  expectScanned,
  expectStored,
  getOne,
  LONG_MS,
  refusal,
  renewOne,
  settled,
  startSession,
  storeExpired,
  storeOne,
} from "../support.ts";
import { claimDue, REAP } from "./due-steps.ts";

/** A namespace whose name begins with that of the case's own. */
async function neighbour(ctx: RegistryContext, suffix: string): Promise<RegistryBackend> {
  return ctx.peer({ namespace: ctx.namespace + suffix });
}

export const namespaceCases: readonly RegistryCase[] = [
  {
    id: "registry/namespaces/reads-see-their-own",
    rule: "One identity stands in two namespaces at once, and every read sees the one of its own.",
    slot: "registry",
    async run(ctx) {
      const other = await neighbour(ctx, "-b");
      const mine = await storeOne(ctx, entry("a", { metadata: { of: "mine" } }));
      await expectStored(ctx, "a", undefined, other);
      await expectScanned(ctx, [], {}, other);
      await expectCensus(ctx, 0, 0, other);
      const theirs = await storeOne(ctx, entry("a", { metadata: { of: "theirs" } }), other);
      await storeOne(ctx, entry("b"), other);
      await expectStored(ctx, "a", mine);
      await expectStored(ctx, "a", theirs, other);
      await expectScanned(ctx, ["a"]);
      await expectScanned(ctx, ["a", "b"], {}, other);
      await expectCensus(ctx, 1);
    },
  },
  {
    id: "registry/namespaces/writes-reach-their-own",
    rule: "Renewals, deletes and updates of one namespace find nothing of another.",
    slot: "registry",
    async run(ctx) {
      const other = await neighbour(ctx, "-b");
      const one = entry("a", { ttlMs: LONG_MS });
      const mine = await storeOne(ctx, one);
      const { identity, epoch } = mine;
      assert.equal(await renewOne(ctx, { identity, epoch, ttlMs: 2 * LONG_MS }, other), "absent");
      assert.equal(await deleteOne(ctx, { identity, epoch }, other), "absent");
      assert.equal(await deleteOne(ctx, { identity, attempt: one.attempt }, other), "absent");
      assert.equal(await refusal(ctx, entry("a", { mode: { epoch } }), other), "fenced");
      await expectStored(ctx, "a", mine);
    },
  },
  {
    id: "registry/namespaces/sessions-live-in-their-own",
    rule: "A session of one namespace keeps nothing alive in another.",
    slot: "registry",
    async run(ctx) {
      const other = await neighbour(ctx, "-b");
      await startSession(ctx, "s", LONG_MS, other);
      assert.equal(await refusal(ctx, entry("a", { session: "s", sessionBound: true })), "session");
      await storeOne(ctx, entry("b", { session: "s" }));
      await storeOne(ctx, entry("b", { session: "s" }));
    },
  },
  {
    id: "registry/namespaces/reap-their-own",
    rule: "The steps of the expired are handed out in their own namespace only.",
    slot: "registry",
    async run(ctx) {
      const other = await neighbour(ctx, "-b");
      const { identity } = await storeExpired(ctx, entry("a"));
      assert.deepEqual(await other.reap(REAP, ctx.call), []);
      const claims = await claimDue(ctx, 1);
      assert.deepEqual(
        claims.map(({ registration }) => registration.identity),
        [identity],
      );
    },
  },
  {
    id: "registry/namespaces/quotas-are-their-own",
    rule: "What one namespace counts takes no room in another.",
    slot: "registry",
    async run(ctx) {
      const mine = await ctx.peer({ maxIdentities: 1 });
      const other = await ctx.peer({ namespace: `${ctx.namespace}-b`, maxIdentities: 1 });
      await storeOne(ctx, entry("a"), mine);
      await storeOne(ctx, entry("b"), other);
      await expectCensus(ctx, 1, 0, other);
    },
  },
  {
    id: "registry/namespaces/no-separator-collides",
    rule: "No separator inside a namespace or an identity makes the keys of two namespaces collide.",
    slot: "registry",
    async run(ctx) {
      for (const separator of [".", "-", "_"]) {
        const other = await neighbour(ctx, `${separator}x`);
        const identities = [`x${separator}y`, `x:y`, `${separator}x${separator}y`].sort();
        for (const identity of identities) await storeOne(ctx, entry(identity));
        const theirs = await storeOne(ctx, entry("y"), other);
        await expectScanned(ctx, ["y"], {}, other);
        for (const identity of identities) await expectStored(ctx, identity, undefined, other);
        await expectStored(ctx, "y", undefined);
        await expectStored(ctx, "y", theirs, other);
        await deleteOne(ctx, { identity: "y", epoch: theirs.epoch }, other);
        await expectScanned(ctx, [], {}, other);
        for (const identity of identities) {
          const [found] = await ctx.backend.getMany([identity], ctx.call);
          assert.ok(found !== undefined, `${identity} stands in its own namespace`);
        }
      }
    },
  },
  {
    id: "registry/namespaces/case-matters",
    rule: "Namespaces that differ only in case are different.",
    slot: "registry",
    async run(ctx) {
      const [lower, upper] = [await neighbour(ctx, "-ns"), await neighbour(ctx, "-NS")];
      await storeOne(ctx, entry("a"), lower);
      await expectStored(ctx, "a", undefined, upper);
      await expectScanned(ctx, [], {}, upper);
    },
  },
  {
    id: "registry/namespaces/pairwise-apart",
    rule: "However alike the names of namespaces are, and however long, each has records, sessions and a count of its own.",
    slot: "registry",
    async run(ctx) {
      const names = alikeNamespaces(ctx.namespace);
      const peers = await Promise.all(names.map(async (namespace) => ctx.peer({ namespace })));
      for (const [n, peer] of peers.entries()) {
        await startSession(ctx, "s", LONG_MS, peer);
        await storeOne(ctx, entry("a", { metadata: { n }, session: "s" }), peer);
        await storeOne(ctx, entry(`a${n}`), peer);
      }
      for (const [n, peer] of peers.entries()) {
        await settled(ctx, async () => assert.deepEqual((await getOne(ctx, "a", peer))?.metadata, { n }, names[n]));
        await expectScanned(ctx, ["a", `a${n}`], {}, peer);
        await expectScanned(ctx, ["a"], { session: "s" }, peer);
        await expectCensus(ctx, 2, 0, peer);
      }
    },
  },
];
