/** Mode `create`: who is refused, and who is taken over. */

import assert from "node:assert/strict";
import { type Registration, SESSION_PREFIX } from "@muster/core/slots";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import {
  deleteOne,
  entry,
  expectStored,
  LONG_MS,
  numbered,
  refusal,
  SHORT_MS,
  setOne,
  startSession,
  storeExpired,
  storeOne,
  untilExpired,
} from "../support.ts";

/** Create is stored over `before`, as a later life. */
async function expectTakenOver(ctx: RegistryContext, before: Registration): Promise<void> {
  const after = await storeOne(ctx, entry(before.identity, { metadata: { life: 2 } }));
  assert.ok(after.epoch > before.epoch, "the later life has the larger epoch");
  assert.equal(after.revision, 1);
  await expectStored(ctx, before.identity, after);
}

/** Peers that all try to create the same identities, each for a live session of its own; who has won which. */
async function race(ctx: RegistryContext, identities: readonly string[]): Promise<void> {
  const racers = await Promise.all(
    numbered("racer", 4).map(async (session) => {
      const registry = await ctx.peer();
      await startSession(ctx, session, LONG_MS, registry);
      return { session, registry };
    }),
  );
  for (const identity of identities) {
    const outcomes = await Promise.all(
      racers.map(({ session, registry }) => setOne(ctx, entry(identity, { session }), registry)),
    );
    const won = outcomes.flatMap((outcome) => ("stored" in outcome ? [outcome.stored] : []));
    const refused = outcomes.flatMap((outcome) => ("refused" in outcome ? [outcome.refused] : []));
    assert.equal(won.length, 1, `${identity} has been created once`);
    assert.deepEqual(refused, ["exists", "exists", "exists"]);
    for (const { registry } of racers) await expectStored(ctx, identity, won[0], registry);
  }
}

export const createCases: readonly RegistryCase[] = [
  {
    id: "registry/create/stores-what-it-was-given",
    rule: "A registration is stored with everything its entry says, at revision 1, and read back as the outcome gave it.",
    slot: "registry",
    async run(ctx) {
      const given = { metadata: { status: "online", battery: 0.8 }, ttlMs: LONG_MS, session: "s", address: "node-1" };
      const one = entry("sensor", given);
      const stored = await storeOne(ctx, one);
      const { epoch, registeredAt, expiresAt, ...rest } = stored;
      assert.deepEqual(rest, { identity: "sensor", ...given, revision: 1, attempt: one.attempt });
      assert.ok(Number.isSafeInteger(epoch), "an epoch is a safe integer");
      assert.ok(Number.isSafeInteger(registeredAt) && expiresAt !== undefined, "both instants are epoch ms");
      await expectStored(ctx, "sensor", stored);
      await expectStored(ctx, "sensor", stored, await ctx.peer());
    },
  },
  {
    id: "registry/create/absent-is-undefined",
    rule: "What an entry leaves out is undefined in its registration, and metadata may be empty.",
    slot: "registry",
    async run(ctx) {
      const stored = await storeOne(ctx, entry("bare"));
      const { session, address, ttlMs, expiresAt, metadata } = stored;
      assert.deepEqual([session, address, ttlMs, expiresAt], [undefined, undefined, undefined, undefined]);
      assert.deepEqual(metadata, {});
      await expectStored(ctx, "bare", stored);
    },
  },
  {
    id: "registry/create/refuses-a-live-one",
    rule: "Create is refused with `exists` while a registration stands whose session lives, and changes nothing of it.",
    slot: "registry",
    async run(ctx) {
      await startSession(ctx, "s");
      const standing = await storeOne(ctx, entry("a", { session: "s", metadata: { n: 1 }, ttlMs: LONG_MS }));
      for (const registry of [ctx.backend, await ctx.peer()]) {
        const outcome = await setOne(ctx, entry("a", { session: "s", metadata: { n: 2 } }), registry);
        assert.ok("refused" in outcome && !("stored" in outcome), "it is refused");
        assert.equal(outcome.refused, "exists");
        assert.deepEqual(outcome.current ?? standing, standing);
      }
      await expectStored(ctx, "a", standing);
    },
  },
  {
    id: "registry/create/takes-over-one-that-no-session-serves",
    rule: "Create takes over a registration that has no session.",
    slot: "registry",
    async run(ctx) {
      await expectTakenOver(ctx, await storeOne(ctx, entry("a", { ttlMs: LONG_MS })));
    },
  },
  {
    id: "registry/create/takes-over-when-its-session-has-expired",
    rule: "Create takes over a registration whose session's record has expired, and not a moment before.",
    slot: "registry",
    async run(ctx) {
      await startSession(ctx, "long");
      const session = await startSession(ctx, "short", SHORT_MS);
      const mine = await storeOne(ctx, entry("a", { session: "short" }));
      await storeOne(ctx, entry("b", { session: "long" }));
      await untilExpired(ctx, session);
      await expectTakenOver(ctx, mine);
      assert.equal(await refusal(ctx, entry("b")), "exists");
    },
  },
  {
    id: "registry/create/takes-over-when-its-session-is-gone",
    rule: "Create takes over a registration whose session's record was deleted, or has never been there.",
    slot: "registry",
    async run(ctx) {
      const { epoch } = await startSession(ctx, "s");
      const deserted = await storeOne(ctx, entry("a", { session: "s", sessionBound: true }));
      const foreign = await storeOne(ctx, entry("b", { session: "unheard-of" }));
      await deleteOne(ctx, { identity: `${SESSION_PREFIX}s`, epoch });
      await expectTakenOver(ctx, deserted);
      await expectTakenOver(ctx, foreign);
    },
  },
  {
    id: "registry/create/takes-over-an-expired-one",
    rule: "Create takes over a registration that has expired, even if its session lives and nothing has cleaned it up.",
    slot: "registry",
    async run(ctx) {
      await startSession(ctx, "s");
      await expectTakenOver(ctx, await storeExpired(ctx, entry("a", { session: "s" })));
    },
  },
  {
    id: "registry/create/a-race-has-one-winner",
    rule: "Of many processes that create one identity at once exactly one stores it; the others are refused.",
    slot: "registry",
    async run(ctx) {
      await race(ctx, numbered("prize", 5));
    },
  },
  {
    id: "registry/create/a-race-to-take-over-has-one-winner",
    rule: "Of many processes that take over one offline registration at once exactly one stores its own.",
    slot: "registry",
    async run(ctx) {
      const identities = numbered("prize", 5);
      for (const identity of identities) await storeOne(ctx, entry(identity, { session: "dead" }));
      await race(ctx, identities);
    },
  },
];
