/** Sessions are records as any other, and no scan, count, census or quota includes one. */

import assert from "node:assert/strict";
import { SESSION_PREFIX } from "@muster/core/slots";
import type { RegistryCase } from "../../case.ts";
import {
  deleteOne,
  entry,
  expectCensus,
  expectScanned,
  expectStored,
  getOne,
  identitiesOf,
  LONG_MS,
  numbered,
  refusal,
  renewOne,
  SHORT_MS,
  scanAllRoutes,
  settled,
  startSession,
  storeAll,
  storeOne,
  untilExpired,
} from "../support.ts";
import { claimDue } from "./due-steps.ts";

/** What a key, a pattern or a query might give a meaning to; some differ in one character, or begin alike. */
const HOSTILE_IDS = [
  ...[
    "s",
    "s*",
    "*",
    "s?",
    "s ",
    " s",
    "s:",
    ":s",
    "s.t",
    "s/t",
    "s-t",
    "s_t",
    "s_2e_t",
    "{s}",
    "{}",
    "[s]",
    ">",
    "s.>",
  ],
  ...["S", "s%", "s\\", "'", '"', "$session/s", "\u00e9", "e\u0301", "\u{1f600}", "__proto__", "null", "0", "00"],
] as const;

export const sessionCases: readonly RegistryCase[] = [
  {
    id: "registry/sessions/can-be-asked-for",
    rule: "A session's record is read by its identity, with everything that was stored, beside any other.",
    slot: "registry",
    async run(ctx) {
      const given = { metadata: { host: "h", pid: 1 }, ttlMs: LONG_MS, address: "node-1" };
      const session = await storeOne(ctx, entry(`${SESSION_PREFIX}s`, given));
      await storeOne(ctx, entry("a"));
      await expectStored(ctx, `${SESSION_PREFIX}s`, session, await ctx.peer());
      assert.deepEqual(session.metadata, given.metadata);
      assert.equal(session.address, "node-1");
    },
  },
  {
    id: "registry/sessions/are-in-no-scan",
    rule: "No page of a scan has a session on it, not even one that another session serves.",
    slot: "registry",
    async run(ctx) {
      await startSession(ctx, "s");
      await storeOne(ctx, entry(`${SESSION_PREFIX}t`, { session: "s", ttlMs: LONG_MS }));
      await storeOne(ctx, entry("a", { session: "s" }));
      await storeOne(ctx, entry("!", { session: "s" }));
      await expectScanned(ctx, ["!", "a"]);
      await expectScanned(ctx, ["!", "a"], { pageSize: 1 });
      await expectScanned(ctx, ["!", "a"], { session: "s" });
      await expectScanned(ctx, ["a"], { after: "!" });
    },
  },
  {
    id: "registry/sessions/have-no-route",
    rule: "No page of routes has a session on it.",
    slot: "registry",
    async run(ctx) {
      await startSession(ctx, "s");
      await storeOne(ctx, entry(`${SESSION_PREFIX}t`, { session: "s", ttlMs: LONG_MS, address: "node-1" }));
      await storeOne(ctx, entry("a", { session: "s", address: "node-1" }));
      await settled(ctx, async () => {
        assert.deepEqual(identitiesOf(await scanAllRoutes(ctx)), ["a"]);
        assert.deepEqual(identitiesOf(await scanAllRoutes(ctx, { session: "s" })), ["a"]);
      });
    },
  },
  {
    id: "registry/sessions/are-not-counted",
    rule: "A census counts no session, live or expired, and neither does a count.",
    slot: "registry",
    async run(ctx) {
      await startSession(ctx, "s");
      await storeOne(ctx, entry("a"));
      await untilExpired(ctx, await startSession(ctx, "t", SHORT_MS));
      await expectCensus(ctx, 1, 0);
      const { counts } = ctx.backend;
      if (counts) await settled(ctx, async () => assert.equal(await counts.count(undefined, ctx.call), 1));
    },
  },
  {
    id: "registry/sessions/take-no-quota",
    rule: "Sessions are stored however full the namespace is, and take no room in it.",
    slot: "registry",
    async run(ctx) {
      const limited = await ctx.peer({ maxIdentities: 2 });
      for (const id of ["s", "t", "u"]) await startSession(ctx, id, LONG_MS, limited);
      await storeOne(ctx, entry("a"), limited);
      await storeOne(ctx, entry("b"), limited);
      await startSession(ctx, "v", LONG_MS, limited);
      await ctx.eventually(async () => assert.equal(await refusal(ctx, entry("c"), limited), "quota"));
    },
  },
  {
    id: "registry/sessions/any-text-is-an-id",
    rule: "The id of a session is text, never interpreted: each session has what it serves, lives and ends, and no other does with it.",
    slot: "registry",
    async run(ctx) {
      for (const [n, id] of HOSTILE_IDS.entries()) {
        await startSession(ctx, id);
        await storeOne(ctx, entry(`of-${n}`, { session: id, sessionBound: true, ttlMs: LONG_MS }));
      }
      for (const [n, id] of HOSTILE_IDS.entries()) await expectScanned(ctx, [`of-${n}`], { session: id });
      const [first, ...others] = HOSTILE_IDS;
      const { identity, epoch } = (await getOne(ctx, SESSION_PREFIX + first)) ?? { identity: "", epoch: 0 };
      assert.equal(await deleteOne(ctx, { identity, epoch }), "deleted");
      assert.equal(await refusal(ctx, entry("new", { session: first, sessionBound: true })), "session");
      for (const [n, id] of others.entries()) {
        assert.equal(await refusal(ctx, entry(`of-${n + 1}`)), "exists", id);
        await storeOne(ctx, entry(`more-${n}`, { session: id, sessionBound: true }));
      }
    },
  },
  {
    id: "registry/sessions/any-text-is-an-address",
    rule: "The address of a registration is kept as it was given, whatever it is made of, up to 256 bytes.",
    slot: "registry",
    async run(ctx) {
      const addresses = [...HOSTILE_IDS, "\u{1f600}".repeat(64), "x".repeat(256)];
      const identities = numbered("at", addresses.length);
      const entries = identities.map((one, n) => entry(one, { address: addresses[n] }));
      await storeAll(ctx, entries);
      await settled(ctx, async () => {
        assert.deepEqual(
          (await scanAllRoutes(ctx)).map(({ address }) => address),
          addresses,
        );
      });
    },
  },
  {
    id: "registry/sessions/are-renewed-and-fenced",
    rule: "A session's record is renewed, fenced and deleted like any other.",
    slot: "registry",
    async run(ctx) {
      const { identity, epoch, expiresAt } = await startSession(ctx, "s");
      const renewed = await renewOne(ctx, { identity, epoch, ttlMs: 2 * LONG_MS });
      assert.ok(typeof renewed === "number" && renewed > (expiresAt ?? 0), "renewed");
      assert.equal(await renewOne(ctx, { identity, epoch: epoch + 1 }), "fenced");
      assert.equal(await deleteOne(ctx, { identity, epoch: epoch + 1 }), "fenced");
      assert.equal(await deleteOne(ctx, { identity, epoch }), "deleted");
      await expectStored(ctx, identity, undefined);
    },
  },
  {
    id: "registry/sessions/expire-for-good",
    rule: "A session that has expired is read by nobody and revived by no renewal.",
    slot: "registry",
    async run(ctx) {
      const session = await startSession(ctx, "s", SHORT_MS);
      await untilExpired(ctx, session);
      const { identity, epoch } = session;
      assert.equal(await renewOne(ctx, { identity, epoch, ttlMs: LONG_MS }), "absent");
      assert.equal(await getOne(ctx, identity), undefined);
    },
  },
  {
    id: "registry/sessions/have-both-steps",
    rule: "A session that has expired is handed out to be reaped, `expired` first and, once that is confirmed, `over`.",
    slot: "registry",
    async run(ctx) {
      const session = await startSession(ctx, "s", SHORT_MS);
      await untilExpired(ctx, session);
      for (const step of ["expired", "over"]) {
        const claims = await claimDue(ctx, 1, { graceMs: 0 });
        assert.deepEqual(claims, [{ registration: session, step }]);
        await ctx.backend.confirmMany(claims, ctx.call);
      }
    },
  },
];
