/** A process that dies while it writes: each entry is wholly there afterwards, or wholly as it was. */

import assert from "node:assert/strict";
import type { Registration } from "@muster/core/slots";
import { where } from "@muster/filter";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import { splitOf } from "../filters/support.ts";
import {
  entry,
  identitiesOf,
  LONG_MS,
  numbered,
  refusal,
  scanAll,
  scanAllRoutes,
  settled,
  setOne,
  startSession,
  storeAll,
  storedIn,
  storeOne,
} from "../support.ts";
import { canDie, doomedRegistries } from "./support.ts";

const SESSION = "of-the-dead";
const KIND = where("kind").eq("crash");

function identitiesAt(turn: number, index: number): readonly string[] {
  return numbered(`victim-${index}-at-${turn}`, 6);
}

/** What stands of these, which every way of reading must agree about. */
async function standing(
  ctx: RegistryContext,
  identities: readonly string[],
): Promise<ReadonlyMap<string, Registration>> {
  const survivor = ctx.backend;
  const wanted = new Set(identities);
  const among = (routes: readonly { readonly identity: string }[]): readonly string[] =>
    routes.map(({ identity }) => identity).filter((identity) => wanted.has(identity));
  const found = new Map<string, Registration>();
  await settled(ctx, async () => {
    found.clear();
    for (const one of await survivor.getMany(identities, ctx.call)) if (one) found.set(one.identity, one);
    const scanned = (await scanAll(ctx)).filter(({ identity }) => wanted.has(identity));
    assert.deepEqual(scanned, [...found.values()], "a scan finds what getMany gives");
    assert.deepEqual(among(await scanAllRoutes(ctx)), [...found.keys()], "a scan of routes finds it");
    assert.deepEqual(among(await scanAll(ctx, { session: SESSION })), [...found.keys()], "its session serves it");
    const { native } = splitOf(survivor, KIND);
    if (native) assert.deepEqual(among(await scanAll(ctx, { filter: native })), [...found.keys()], "a filter finds it");
    const counted = identitiesOf(await scanAll(ctx)).length;
    assert.deepEqual(await survivor.census(ctx.call), { counted, expired: 0 }, "it is counted");
  });
  return found;
}

export const recordCases: readonly RegistryCase[] = [
  {
    id: "registry/crash/create-whole-or-not-at-all",
    rule: "When a process dies while it registers, each entry is wholly registered or not at all, however it is read.",
    slot: "registry",
    applies: canDie("registry"),
    async run(ctx) {
      await startSession(ctx, SESSION);
      for await (const { index, client, turn, dieDuring } of doomedRegistries(ctx)) {
        const identities = identitiesAt(turn, index);
        const metadata = { kind: "crash", turn, list: [1, { a: "b" }] };
        const entries = identities.map((one) =>
          entry(one, { metadata, session: SESSION, address: "n", ttlMs: LONG_MS }),
        );
        const told = await dieDuring(async () => client.setMany(entries, ctx.call));
        const found = await standing(ctx, identities);
        if (told) assert.equal(found.size, entries.length, "what it was told is stored");
        for (const one of entries) {
          const stored = found.get(one.identity);
          if (!stored) {
            await storeOne(ctx, entry(one.identity, { metadata, session: SESSION }));
            continue;
          }
          const { attempt, address, ttlMs, revision } = stored;
          assert.deepEqual([stored.metadata, attempt, address, ttlMs], [metadata, one.attempt, "n", LONG_MS]);
          assert.equal(revision, 1);
          assert.equal(await refusal(ctx, entry(one.identity)), "exists");
        }
      }
    },
  },
  {
    id: "registry/crash/update-whole-or-not-at-all",
    rule: "When a process dies while it updates, each entry is as before or as after, and its epoch fences as always.",
    slot: "registry",
    applies: canDie("registry"),
    async run(ctx) {
      await startSession(ctx, SESSION);
      for await (const { index, client, turn, dieDuring } of doomedRegistries(ctx)) {
        const identities = identitiesAt(turn, index);
        const [before, after] = [
          { kind: "crash", n: 1 },
          { kind: "crash", n: 2, more: [true] },
        ];
        const first = await storeAll(
          ctx,
          identities.map((one) => entry(one, { metadata: before, session: SESSION })),
        );
        const updates = first.map(({ identity, epoch }) =>
          entry(identity, { metadata: after, session: SESSION, mode: { epoch } }),
        );
        const told = await dieDuring(async () => client.setMany(updates, ctx.call));
        const found = await standing(ctx, identities);
        for (const { identity, epoch } of first) {
          const stored = found.get(identity);
          assert.ok(stored, `${identity} is still there`);
          const isUpdated = stored.revision === 2;
          assert.ok(isUpdated || !told, "what it was told is stored");
          assert.deepEqual(stored.metadata, isUpdated ? after : before);
          assert.deepEqual([stored.epoch, stored.revision], [epoch, isUpdated ? 2 : 1]);
          const successor = await storeOne(
            ctx,
            entry(identity, { mode: "replace", metadata: after, session: SESSION }),
          );
          assert.ok(successor.epoch > epoch, "the successor has the larger epoch");
          assert.equal(await refusal(ctx, entry(identity, { mode: { epoch }, session: SESSION })), "fenced");
        }
      }
    },
  },
  {
    id: "registry/crash/delete-whole-or-not-at-all",
    rule: "When a process dies while it deletes, each registration is untouched or gone, however it is read.",
    slot: "registry",
    applies: canDie("registry"),
    async run(ctx) {
      await startSession(ctx, SESSION);
      for await (const { index, client, turn, dieDuring } of doomedRegistries(ctx)) {
        const identities = identitiesAt(turn, index);
        const metadata = { kind: "crash" };
        const before = await storeAll(
          ctx,
          identities.map((one) => entry(one, { metadata, session: SESSION })),
        );
        const keys = before.map(({ identity, epoch }) => ({ identity, epoch }));
        const told = await dieDuring(async () => client.deleteMany(keys, ctx.call));
        const found = await standing(ctx, identities);
        if (told) assert.equal(found.size, 0, "what it was told is gone");
        for (const one of before) assert.deepEqual(found.get(one.identity) ?? one, one);
      }
    },
  },
  {
    id: "registry/crash/asked-again-by-another",
    rule: "When a process dies while it registers, another can ask again with the same attempts, and nothing is stored twice.",
    slot: "registry",
    applies: canDie("registry"),
    async run(ctx) {
      for await (const { index, client, turn, dieDuring } of doomedRegistries(ctx)) {
        const entries = identitiesAt(turn, index).map((one) => entry(one, { metadata: { turn } }));
        await dieDuring(async () => client.setMany(entries, ctx.call));
        for (const one of entries) {
          const [before] = await ctx.backend.getMany([one.identity], ctx.call);
          const again = storedIn(await setOne(ctx, one));
          assert.deepEqual(before ?? again, again);
          assert.deepEqual([again.revision, again.attempt, again.metadata], [1, one.attempt, { turn }]);
        }
      }
    },
  },
  {
    id: "registry/crash/leaves-the-others-alone",
    rule: "When a process dies over its own registrations, nobody else's are touched.",
    slot: "registry",
    applies: canDie("registry"),
    async run(ctx) {
      await startSession(ctx, "other");
      const others = await storeAll(
        ctx,
        numbered("other", 5).map((one) => entry(one, { metadata: { one }, session: "other", ttlMs: LONG_MS })),
      );
      for await (const { index, client, turn, dieDuring } of doomedRegistries(ctx)) {
        const entries = identitiesAt(turn, index).map((one) => entry(one, { mode: "replace" }));
        await dieDuring(async () => client.setMany(entries, ctx.call));
        await settled(ctx, async () => {
          const found = await ctx.backend.getMany(identitiesOf(others), ctx.call);
          assert.deepEqual(found, others);
        });
      }
    },
  },
];
