/** How soon a read sees what a write has stored. */

import assert from "node:assert/strict";
import type { RegistryBackend } from "@muster/core/slots";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import {
  deleteOne,
  entry,
  getOne,
  identitiesOf,
  LONG_MS,
  numbered,
  renewOne,
  scanAll,
  scanAllRoutes,
  storeOne,
  storeTime,
} from "../support.ts";

/** Whatever is written through one registry is read through the other at once. */
async function expectSeenAtOnce(ctx: RegistryContext, reader: RegistryBackend): Promise<void> {
  for (const identity of numbered("a", 5)) {
    assert.equal(await getOne(ctx, identity, reader), undefined);
    assert.deepEqual(identitiesOf(await scanAll(ctx, {}, reader)), []);
    const { epoch } = await storeOne(ctx, entry(identity, { ttlMs: LONG_MS }));
    assert.equal((await getOne(ctx, identity, reader))?.epoch, epoch, "what was created");
    const updated = await storeOne(ctx, entry(identity, { metadata: { n: 1 }, ttlMs: LONG_MS, mode: { epoch } }));
    assert.deepEqual(await getOne(ctx, identity, reader), updated, "what was updated");
    assert.deepEqual(await scanAll(ctx, {}, reader), [updated], "what was updated, scanned");
    const expiresAt = await renewOne(ctx, { identity, epoch, ttlMs: 2 * LONG_MS });
    assert.equal((await getOne(ctx, identity, reader))?.expiresAt, expiresAt, "what was renewed");
    assert.equal((await reader.census(ctx.call)).counted, 1);
    await deleteOne(ctx, { identity, epoch });
    assert.equal(await getOne(ctx, identity, reader), undefined, "what was deleted");
    assert.deepEqual(await scanAllRoutes(ctx, {}, reader), []);
    assert.equal((await reader.census(ctx.call)).counted, 0);
  }
}

export const consistencyCases: readonly RegistryCase[] = [
  {
    id: "registry/consistency/a-writer-reads-its-own",
    rule: "Unless reads are eventual, an object reads what it has written as soon as the write has returned.",
    slot: "registry",
    applies: ({ traits }) => traits.consistency !== "eventual",
    run: async (ctx) => expectSeenAtOnce(ctx, ctx.backend),
  },
  {
    id: "registry/consistency/everyone-reads-what-was-written",
    rule: "Where reads are linearizable, every process reads what any has written as soon as the write has returned.",
    slot: "registry",
    applies: ({ traits }) => traits.consistency === "linearizable",
    run: async (ctx) => expectSeenAtOnce(ctx, await ctx.peer()),
  },
  {
    id: "registry/consistency/no-staler-than-claimed",
    rule: "Where reads are eventual, an answer is never older than `staleMs`.",
    slot: "registry",
    applies: ({ traits }) => traits.consistency === "eventual",
    async run(ctx) {
      const peer = await ctx.peer();
      for (const identity of numbered("a", 3)) {
        await getOne(ctx, identity, peer);
        const { epoch } = await storeOne(ctx, entry(identity));
        const written = await storeTime(ctx);
        const { staleMs, clock } = ctx.backend.traits;
        await ctx.eventually(async () =>
          assert.ok((await storeTime(ctx)) > written + staleMs + clock.maxErrorMs, "time passes in the store"),
        );
        assert.equal((await getOne(ctx, identity, peer))?.epoch, epoch);
      }
    },
  },
];
