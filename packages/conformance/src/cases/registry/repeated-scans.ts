/** Who asks for everyone again and again, as a process does that may have kept what it was told before. */

import assert from "node:assert/strict";
import type { RegistryBackend, Registration, Route } from "@muster/core/slots";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import {
  collect,
  deleteOne,
  entry,
  LONG_MS,
  numbered,
  renewOne,
  settled,
  SHORT_MS,
  startSession,
  storeAll,
  storeExpired,
  storeOne,
  untilExpired,
} from "../support.ts";
import { claimDue } from "./due-steps.ts";
import { routeOf } from "./scan-churn.ts";

type Pages = (registry: RegistryBackend) => AsyncIterable<readonly Route[]>;

const NAMES = numbered("a", 8);
const SERVED = { session: "s", address: "node-1", ttlMs: LONG_MS };

/** Every kind of write that a peer can do to somebody who stands, and what makes somebody stand who doesn't. */
const WRITES: readonly ((ctx: RegistryContext, peer: RegistryBackend, one: Registration) => Promise<unknown>)[] = [
  async (ctx, peer, { identity }) => storeOne(ctx, entry(identity, { ...SERVED, mode: "replace" }), peer),
  async (ctx, peer, { identity, epoch }) =>
    storeOne(ctx, entry(identity, { ...SERVED, address: "node-2", mode: { epoch } }), peer),
  async (ctx, peer, { identity, epoch }) => renewOne(ctx, { identity, epoch, ttlMs: 2 * LONG_MS }, peer),
  async (ctx, peer, { identity, epoch }) => renewOne(ctx, { identity, epoch, ttlMs: LONG_MS / 2 }, peer),
  async (ctx, peer, { identity, epoch }) =>
    storeOne(ctx, entry(identity, { ...SERVED, sessionBound: true, mode: { epoch } }), peer),
  async (ctx, peer, { identity, epoch, registeredAt }) =>
    renewOne(ctx, { identity, epoch, expiresAt: registeredAt + 3 * LONG_MS }, peer),
  async (ctx, peer, { identity, epoch }) => deleteOne(ctx, { identity, epoch }, peer),
  async (ctx, peer, { identity, epoch }) => {
    const expiresAt = await renewOne(ctx, { identity, epoch, ttlMs: SHORT_MS }, peer);
    if (typeof expiresAt === "number") await untilExpired(ctx, { ...SERVED, identity, epoch, expiresAt } as Route);
  },
  async (ctx, peer, { identity }) => {
    const mine = entry(identity, { ...SERVED, mode: "replace" });
    await storeExpired(ctx, mine);
    await peer.confirmMany(await claimDue(ctx, 1), ctx.call);
  },
];

/** Whatever a peer writes, the next answer knows it: all of it, and nothing else. */
async function expectEachWriteSeen(ctx: RegistryContext, pages: Pages): Promise<void> {
  await startSession(ctx, "s");
  const peer = await ctx.peer();
  await storeAll(
    ctx,
    NAMES.map((identity) => entry(identity, SERVED)),
  );
  const expectSeen = async (): Promise<void> =>
    settled(ctx, async () => {
      const standing = (await peer.getMany(NAMES, ctx.call)).filter((one) => one !== undefined);
      assert.deepEqual((await collect(pages(ctx.backend))).map(routeOf), standing.map(routeOf));
    });
  for (let time = 0; time < 3; time++) await expectSeen();
  for (const write of [...WRITES, ...WRITES].sort(() => ctx.random() - 0.5)) {
    const name = NAMES[Math.floor(ctx.random() * NAMES.length)] ?? "a";
    const [standing] = await peer.getMany([name], ctx.call);
    await write(ctx, peer, standing ?? (await storeOne(ctx, entry(name, SERVED), peer)));
    await expectSeen();
  }
}

export const repeatedScanCases: readonly RegistryCase[] = [
  {
    id: "registry/scan/each-write-however-often-asked",
    rule: "Who has everyone given to him again and again is told of each write in between, of whatever kind.",
    slot: "registry",
    run: async (ctx) => expectEachWriteSeen(ctx, (registry) => registry.scan({ pageSize: 5 }, ctx.call)),
  },
  {
    id: "registry/routes/each-write-however-often-asked",
    rule: "Who has the routes of everyone given to him again and again is told of each write in between.",
    slot: "registry",
    run: async (ctx) => expectEachWriteSeen(ctx, (registry) => registry.scanRoutes({ pageSize: 5 }, ctx.call)),
  },
];
