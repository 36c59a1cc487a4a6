/** A filter beside everything else that a scan promises. */

import assert from "node:assert/strict";
import type { Registration, RegistryBackend, ScanQuery } from "@muster/core/slots";
import { compileFilter, type Filter, where } from "@muster/filter";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import {
  collect,
  deleteOne,
  entry,
  identitiesOf,
  LONG_MS,
  numbered,
  settled,
  startSession,
  storeAll,
  storeExpired,
  storeOne,
} from "../support.ts";
import { splitOf } from "./support.ts";

const KEPT = where("kind").eq("kept");

/** What core hands on of each page: the native part selected, the residual part tested. */
async function* filteredPages(
  ctx: RegistryContext,
  filter: Filter,
  query: Partial<ScanQuery> = {},
  registry: RegistryBackend = ctx.backend,
): AsyncGenerator<readonly Registration[]> {
  const { native, residual } = splitOf(registry, filter);
  const test = residual && compileFilter(residual);
  const asked = { pageSize: 100, ...query, ...(native ? { filter: native } : {}) };
  for await (const page of registry.scan(asked, ctx.call)) {
    assert.ok(page.length <= asked.pageSize, "a page is no longer than asked for");
    yield test ? page.filter(({ metadata }) => test(metadata)) : page;
  }
}

async function expectFiltered(
  ctx: RegistryContext,
  filter: Filter,
  expected: readonly string[],
  query: Partial<ScanQuery> = {},
): Promise<void> {
  const { native, residual } = splitOf(ctx.backend, filter);
  await settled(ctx, async () => {
    assert.deepEqual(identitiesOf(await collect(filteredPages(ctx, filter, query))), expected);
    const { counts } = ctx.backend;
    if (!counts || residual || query.session || query.after) return;
    assert.equal(await counts.count(native, ctx.call), expected.length, "the count of those");
  });
}

/** `count` that match, each between two that don't; in the order of their bytes, which is not the order they came in. */
async function mixture(ctx: RegistryContext, count: number): Promise<readonly string[]> {
  const kept = numbered("one", count);
  const entries = kept.flatMap((identity) => [
    entry(identity, { metadata: { kind: "kept" } }),
    entry(`${identity}-noise`, { metadata: { kind: "noise" } }),
  ]);
  await storeAll(ctx, entries.toReversed());
  return kept;
}

export const filteredScanCases: readonly RegistryCase[] = [
  {
    id: "registry/filters/pages-in-order",
    rule: "With a filter pages are in the byte order of identities, none twice and none missing, at any page size.",
    slot: "registry",
    async run(ctx) {
      const kept = await mixture(ctx, 23);
      for (const pageSize of [1, 2, 5, 23, 100]) await expectFiltered(ctx, KEPT, kept, { pageSize });
    },
  },
  {
    id: "registry/filters/continues-behind",
    rule: "With a filter a scan continues behind any identity, whether or not that one matches or exists.",
    slot: "registry",
    async run(ctx) {
      const kept = await mixture(ctx, 9);
      for (const after of ["one-3", "one-3-noise", "one-3-nobody"]) {
        await expectFiltered(ctx, KEPT, kept.slice(4), { after, pageSize: 2 });
      }
    },
  },
  {
    id: "registry/filters/exact-under-churn",
    rule: "Whoever matches throughout appears exactly once, whatever comes and goes between the pages that does not.",
    slot: "registry",
    async run(ctx) {
      const kept = await mixture(ctx, 30);
      const other = await ctx.peer();
      await settled(ctx, async () => assert.equal((await collect(filteredPages(ctx, KEPT))).length, kept.length));
      const seen: string[] = [];
      let round = 0;
      for await (const page of filteredPages(ctx, KEPT, { pageSize: 3 })) {
        seen.push(...identitiesOf(page));
        assert.deepEqual(seen, kept.slice(0, seen.length));
        await churn(ctx, other, kept, round);
        round += 1;
      }
      assert.equal(seen.length, kept.length);
    },
  },
  {
    id: "registry/filters/with-a-session",
    rule: "With a filter and a session a scan gives who matches and is served by that session.",
    slot: "registry",
    async run(ctx) {
      for (const session of ["s", "t"]) {
        await startSession(ctx, session);
        const entries = numbered(`of-${session}`, 6).map((identity, index) =>
          entry(identity, { session, metadata: { kind: index % 2 === 0 ? "kept" : "noise" } }),
        );
        await storeAll(ctx, entries);
      }
      await expectFiltered(ctx, KEPT, ["of-t-0", "of-t-2", "of-t-4"], { session: "t", pageSize: 2 });
    },
  },
  {
    id: "registry/filters/sees-updates",
    rule: "An update decides at once who matches, and nothing of the metadata before it does.",
    slot: "registry",
    async run(ctx) {
      const { epoch } = await storeOne(ctx, entry("a", { metadata: { kind: "noise" } }));
      await expectFiltered(ctx, KEPT, []);
      await storeOne(ctx, entry("a", { metadata: { kind: "kept" }, mode: { epoch } }));
      await expectFiltered(ctx, KEPT, ["a"]);
      await storeOne(ctx, entry("a", { metadata: { kind: "other" }, mode: "replace" }));
      await expectFiltered(ctx, KEPT, []);
    },
  },
  {
    id: "registry/filters/never-the-gone",
    rule: "Filters never select the expired, the deleted and sessions, and counts leave them out.",
    slot: "registry",
    async run(ctx) {
      const metadata = { kind: "kept" };
      await storeOne(ctx, entry("here", { metadata, ttlMs: LONG_MS }));
      const { epoch } = await storeOne(ctx, entry("deleted", { metadata }));
      await storeOne(ctx, entry("$session/s", { metadata, ttlMs: LONG_MS }));
      await storeExpired(ctx, entry("expired", { metadata }));
      await deleteOne(ctx, { identity: "deleted", epoch });
      await expectFiltered(ctx, KEPT, ["here"]);
      await expectFiltered(ctx, KEPT, ["here"], { pageSize: 1 }); // Of which one is nobody's but the session's.
    },
  },
];

/** Takes away some that don't match, before and behind the place of the scan, and puts others there. */
async function churn(
  ctx: RegistryContext,
  registry: RegistryBackend,
  kept: readonly string[],
  round: number,
): Promise<void> {
  const near = kept.slice(round * 3, round * 3 + 2).map((identity) => `${identity}-noise`);
  const found = await registry.getMany([`${kept[round] ?? "nobody"}-noise`, ...near], ctx.call);
  const standing = new Map(found.flatMap((one) => (one ? [[one.identity, one.epoch]] : [])));
  await registry.deleteMany(
    [...standing].map(([identity, epoch]) => ({ identity, epoch })),
    ctx.call,
  );
  const metadata = { kind: "noise" };
  await storeAll(
    ctx,
    ["one", "one-1", "one-2", "other"].map((prefix) => entry(`${prefix}-newcomer-${round}`, { metadata })),
    registry,
  );
}
