/** Registrations without an expiry of their own: whose session keeps them alive. */

import assert from "node:assert/strict";
import { SESSION_PREFIX, type SetEntry } from "@muster/core/slots";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import {
  deleteOne,
  entry,
  expectCensus,
  expectScanned,
  expectStored,
  LONG_MS,
  refusal,
  renewOne,
  SHORT_MS,
  startSession,
  storeOne,
  untilExpired,
  untilStoreTime,
} from "../support.ts";

/** Binding is refused and changes nothing, in every mode, over nothing and over what stands. */
async function expectRefused(ctx: RegistryContext, session: string | undefined): Promise<void> {
  const standing = await storeOne(ctx, entry("standing", { metadata: { n: 1 }, ttlMs: LONG_MS, mode: "replace" }));
  const bind = (identity: string, mode: SetEntry["mode"]): SetEntry =>
    entry(identity, { metadata: { n: 2 }, ttlMs: LONG_MS, session, sessionBound: true, mode });
  const attempts = [
    bind("absent", "create"),
    bind("absent", "replace"),
    bind("standing", "create"),
    bind("standing", "replace"),
    bind("standing", { epoch: standing.epoch }),
    bind("standing", { epoch: standing.epoch, revision: 1 }),
  ];
  for (const one of attempts) assert.equal(await refusal(ctx, one), "session");
  await expectStored(ctx, "absent", undefined);
  await expectStored(ctx, "standing", standing);
  await expectCensus(ctx, 1);
}

export const sessionBoundCases: readonly RegistryCase[] = [
  {
    id: "registry/session-bound/does-not-expire-by-itself",
    rule: "A session-bound registration has no expiry and outlives its TTL, which is stored, while its session lives.",
    slot: "registry",
    async run(ctx) {
      await startSession(ctx, "s");
      const bound = await storeOne(ctx, entry("a", { ttlMs: SHORT_MS, session: "s", sessionBound: true }));
      assert.equal(bound.expiresAt, undefined);
      assert.equal(bound.ttlMs, SHORT_MS);
      await untilStoreTime(ctx, bound.registeredAt + 2 * SHORT_MS + ctx.backend.traits.ttlResolutionMs);
      await expectStored(ctx, "a", bound);
      await expectCensus(ctx, 1);
    },
  },
  {
    id: "registry/session-bound/stands-until-it-is-stamped",
    rule: "When its session dies a session-bound registration stands on, offline, until somebody stamps it.",
    slot: "registry",
    async run(ctx) {
      const session = await startSession(ctx, "s");
      const bound = await storeOne(ctx, entry("a", { ttlMs: SHORT_MS, session: "s", sessionBound: true }));
      const { identity, epoch } = session;
      const expiresAt = await renewOne(ctx, { identity, epoch, ttlMs: SHORT_MS });
      assert.ok(typeof expiresAt === "number", "its session expires");
      await untilStoreTime(ctx, expiresAt);
      await expectStored(ctx, identity, undefined);
      await expectStored(ctx, "a", bound);
      await expectScanned(ctx, ["a"]);
      await expectCensus(ctx, 1);
    },
  },
  {
    id: "registry/session-bound/refused-without-a-session",
    rule: "Binding to no session, or to one that has never been there, is refused with `session` and changes nothing.",
    slot: "registry",
    async run(ctx) {
      await startSession(ctx, "another");
      await expectRefused(ctx, undefined);
      await expectRefused(ctx, "unheard-of");
    },
  },
  {
    id: "registry/session-bound/refused-when-its-session-has-expired",
    rule: "Binding to a session whose record has expired is refused with `session` and changes nothing.",
    slot: "registry",
    async run(ctx) {
      await untilExpired(ctx, await startSession(ctx, "s", SHORT_MS));
      await expectRefused(ctx, "s");
    },
  },
  {
    id: "registry/session-bound/refused-when-its-session-is-gone",
    rule: "Binding to a session whose record has been deleted is refused with `session` and changes nothing.",
    slot: "registry",
    async run(ctx) {
      const { epoch } = await startSession(ctx, "s");
      await deleteOne(ctx, { identity: `${SESSION_PREFIX}s`, epoch });
      await expectRefused(ctx, "s");
    },
  },
];
