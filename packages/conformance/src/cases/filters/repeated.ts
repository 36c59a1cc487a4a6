/** Who asks for the same few again and again, as a process does that may have kept what it was told before. */

import assert from "node:assert/strict";
import type { Registration, RegistryBackend } from "@muster/core/slots";
import { compileFilter, where } from "@muster/filter";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import { collect, deleteOne, entry, LONG_MS, numbered, renewOne, settled, storeAll, storeOne } from "../support.ts";
import { indexing } from "./corpus.ts";
import { splitOf } from "./support.ts";

const KIND = indexing({ fields: { kind: { type: "string" } } });
const KEPT = where("kind").eq("kept");
const NAMES = numbered("a", 8);
const MINE = { metadata: { kind: "kept" }, ttlMs: LONG_MS };
const ROUNDS = 3;

type Write = (ctx: RegistryContext, peer: RegistryBackend, one: Registration) => Promise<unknown>;

/** Of somebody who matches. */
const WRITES: readonly Write[] = [
  async (ctx, peer, { identity, epoch, revision }) =>
    storeOne(ctx, entry(identity, { ...MINE, metadata: { kind: "kept", revision }, mode: { epoch } }), peer),
  async (ctx, peer, { identity, revision }) =>
    storeOne(ctx, entry(identity, { ...MINE, metadata: { kind: "kept", after: revision }, mode: "replace" }), peer),
  async (ctx, peer, { identity, epoch }) =>
    storeOne(ctx, entry(identity, { ...MINE, metadata: { kind: "other" }, mode: { epoch } }), peer),
  async (ctx, peer, { identity, epoch }) => renewOne(ctx, { identity, epoch, ttlMs: 2 * LONG_MS }, peer),
  async (ctx, peer, { identity, epoch }) => deleteOne(ctx, { identity, epoch }, peer),
];

/** Whatever a peer writes, the next answer knows it: all of it, and nothing else. */
async function expectEachWriteSeen(ctx: RegistryContext): Promise<void> {
  const reader = await ctx.peer({ schema: KIND });
  const peer = await ctx.peer();
  const matches = compileFilter(KEPT);
  const { native, residual } = splitOf(reader, KEPT);
  const isLeft = residual && compileFilter(residual);
  await storeAll(
    ctx,
    NAMES.map((identity) => entry(identity, MINE)),
  );
  const expectSeen = async (): Promise<void> =>
    settled(ctx, async () => {
      const standing = (await peer.getMany(NAMES, ctx.call)).flatMap((one) => one ?? []);
      const found = await collect(reader.scan({ pageSize: 5, ...(native && { filter: native }) }, ctx.call));
      assert.deepEqual(
        found.filter(({ metadata }) => isLeft?.(metadata) ?? true).map(written),
        standing.filter(({ metadata }) => matches(metadata)).map(written),
      );
    });
  for (let time = 0; time < ROUNDS; time += 1) await expectSeen();
  for (const write of Array.from({ length: ROUNDS }, () => WRITES)
    .flat()
    .sort(() => ctx.random() - 0.5)) {
    const name = NAMES[Math.floor(ctx.random() * NAMES.length)] ?? "a";
    const one = await storeOne(ctx, entry(name, { ...MINE, mode: "replace" }), peer);
    await expectSeen();
    await write(ctx, peer, one);
    await expectSeen();
  }
}

function written({ identity, epoch, revision, expiresAt, ttlMs, attempt, metadata }: Registration): object {
  return { identity, epoch, revision, expiresAt, ttlMs, attempt, metadata };
}

export const repeatedFilterCases: readonly RegistryCase[] = [
  {
    id: "registry/filters/each-write-however-often-asked",
    rule: "Who asks by an index for the same few again and again is told of each write in between, with all that it wrote.",
    slot: "registry",
    run: expectEachWriteSeen,
  },
];
