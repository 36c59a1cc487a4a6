/** Scans while others write, and what stands on their pages. */

import assert from "node:assert/strict";
import type { RegistryBackend, Registration, Route } from "@muster/core/slots";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import {
  entry,
  identitiesOf,
  LONG_MS,
  numbered,
  renewOne,
  scanAll,
  scanAllRoutes,
  settled,
  startSession,
  storeAll,
  storeOne,
} from "../support.ts";

/** Registrations come and go, before and behind wherever a scan is, and those that stay are written to. */
class Churn {
  readonly #ctx: RegistryContext;
  readonly #peer: RegistryBackend;
  readonly #staying: readonly Registration[];
  /** Epochs of what has come and not gone. */
  readonly #passing = new Map<string, number>();

  constructor(ctx: RegistryContext, peer: RegistryBackend, staying: readonly Registration[]) {
    this.#ctx = ctx;
    this.#peer = peer;
    this.#staying = staying;
  }

  async turn(): Promise<void> {
    const [ctx, peer] = [this.#ctx, this.#peer];
    const names = new Set(Array.from({ length: 4 }, () => `stays-${below(ctx, 100)}-not`));
    const come = storeAll(
      ctx,
      [...names].map((identity) => entry(identity, { mode: "replace" })),
      peer,
    );
    const leaving = [...this.#passing].slice(0, below(ctx, 5)).map(([name, life]) => ({ identity: name, epoch: life }));
    for (const one of leaving) this.#passing.delete(one.identity);
    const go = peer.deleteMany(leaving, ctx.call);
    const { identity, epoch } = this.#staying[below(ctx, this.#staying.length)] ?? { identity: "none", epoch: 0 };
    const renewal = renewOne(ctx, { identity, epoch, ttlMs: 2 * LONG_MS }, peer);
    const again = entry(identity, { metadata: { again: true }, ttlMs: LONG_MS, mode: { epoch } });
    const [passing] = await Promise.all([come, go, renewal, storeOne(ctx, again, peer)]);
    for (const one of passing) this.#passing.set(one.identity, one.epoch);
  }
}

function below(ctx: RegistryContext, count: number): number {
  return Math.floor(ctx.random() * count);
}

async function expectStaying(
  ctx: RegistryContext,
  pages: (registry: RegistryBackend) => AsyncIterable<readonly Route[]>,
): Promise<void> {
  const entries = numbered("stays", 60).map((identity) => entry(identity, { ttlMs: LONG_MS }));
  const staying = await storeAll(ctx, entries);
  const churn = new Churn(ctx, await ctx.peer(), staying);
  for (let time = 0; time < 2; time++) {
    const seen: string[] = [];
    const iterator = pages(ctx.backend)[Symbol.asyncIterator]();
    for (let page = await iterator.next(); !page.done; ) {
      seen.push(...identitiesOf(page.value));
      [page] = await Promise.all([iterator.next(), churn.turn()]);
    }
    assert.equal(new Set(seen).size, seen.length, "nobody appears twice");
    assert.deepEqual(
      seen.filter((identity) => !identity.endsWith("-not")),
      identitiesOf(staying),
    );
  }
}

export const churnCases: readonly RegistryCase[] = [
  {
    id: "registry/scan/everyone-throughout-while-others-come-and-go",
    rule: "Whoever is registered throughout a scan, in one epoch, is on it once, whatever others write meanwhile.",
    slot: "registry",
    run: async (ctx) => expectStaying(ctx, (registry) => registry.scan({ pageSize: 7 }, ctx.call)),
  },
  {
    id: "registry/routes/everyone-throughout-while-others-come-and-go",
    rule: "Whoever is registered throughout a scan of routes, in one epoch, is on it once, whatever others write.",
    slot: "registry",
    run: async (ctx) => expectStaying(ctx, (registry) => registry.scanRoutes({ pageSize: 7 }, ctx.call)),
  },
  {
    id: "registry/scan/whole-registrations",
    rule: "The registrations on the pages of a scan are those that are read one by one.",
    slot: "registry",
    async run(ctx) {
      const written = await writtenInEveryWay(ctx);
      await settled(ctx, async () => assert.deepEqual(await scanAll(ctx, { pageSize: 2 }), written));
      await settled(ctx, async () =>
        assert.deepEqual(await ctx.backend.getMany(identitiesOf(written), ctx.call), written),
      );
    },
  },
  {
    id: "registry/routes/as-their-registrations-say",
    rule: "A route says of each registration what the registration itself says.",
    slot: "registry",
    async run(ctx) {
      const written = await writtenInEveryWay(ctx);
      await settled(ctx, async () =>
        assert.deepEqual((await scanAllRoutes(ctx, { pageSize: 2 })).map(routeOf), written.map(routeOf)),
      );
    },
  },
];

export function routeOf(route: Route): Route {
  const { identity, epoch, session, address, registeredAt, expiresAt, ttlMs, revision } = route;
  return { identity, epoch, session, address, registeredAt, expiresAt, ttlMs, revision };
}

/** Created, bound, updated, renewed and replaced, as they stand afterwards. */
async function writtenInEveryWay(ctx: RegistryContext): Promise<readonly Registration[]> {
  await startSession(ctx, "s");
  const given = { metadata: { n: 1 }, ttlMs: LONG_MS, session: "s", address: "node-1" };
  const bare = await storeOne(ctx, entry("a"));
  const bound = await storeOne(ctx, entry("b", { ...given, sessionBound: true }));
  const { epoch } = await storeOne(ctx, entry("c", given));
  const updated = await storeOne(ctx, entry("c", { ...given, address: "node-2", session: "t", mode: { epoch } }));
  const free = await storeOne(ctx, entry("d", given));
  const expiresAt = await renewOne(ctx, { identity: "d", epoch: free.epoch, ttlMs: 2 * LONG_MS });
  assert.ok(typeof expiresAt === "number");
  await storeOne(ctx, entry("e", given));
  const replaced = await storeOne(ctx, entry("e", { mode: "replace" }));
  return [bare, bound, updated, { ...free, expiresAt, ttlMs: 2 * LONG_MS }, replaced];
}
