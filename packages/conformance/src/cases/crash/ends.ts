/** A process that dies over the end of others, and what becomes of what it served itself. */

import assert from "node:assert/strict";
import {
  type ReapClaim,
  type ReapStep,
  type Registration,
  type RegistryBackend,
  SESSION_PREFIX,
} from "@muster/core/slots";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import {
  entry,
  expectCensus,
  getOne,
  identitiesOf,
  LONG_MS,
  numbered,
  SHORT_MS,
  setOne,
  storeAll,
  storeOne,
  untilExpired,
} from "../support.ts";
import { canDie, DEATHS, doomedRegistries } from "./support.ts";

/** How many each of the doomed takes on. */
const SHARE = 3;
const CLAIM_MS = 2 * SHORT_MS;
const SESSION_MS = 8 * SHORT_MS;

/** As many expired registrations as `processes` that claim a share each will need. */
async function storeExpiredFor(ctx: RegistryContext, processes: number): Promise<readonly string[]> {
  const identities = numbered("expired", processes * SHARE);
  const stored = await storeAll(
    ctx,
    identities.map((one) => entry(one, { ttlMs: SHORT_MS })),
  );
  for (const one of stored) await untilExpired(ctx, one);
  return identities;
}

/** Claims and confirms as a survivor would, until every identity has had both steps; which steps were handed out. */
async function finish(
  ctx: RegistryContext,
  identities: readonly string[],
): Promise<Readonly<Record<ReapStep, ReadonlySet<string>>>> {
  const seen = { expired: new Set<string>(), over: new Set<string>() };
  await ctx.eventually(async () => {
    const claims = await ctx.backend.reap({ limit: 1_000, claimMs: CLAIM_MS, graceMs: 0 }, ctx.call);
    for (const { registration, step } of claims) seen[step].add(registration.identity);
    await ctx.backend.confirmMany(claims, ctx.call);
    const missing = identities.filter((identity) => !seen.over.has(identity));
    assert.deepEqual(missing, [], "still to be handed out for the step `over`");
  });
  return seen;
}

/** A session that serves somebody, and that is so short that it is sometimes over before it does. */
async function serve(ctx: RegistryContext, client: RegistryBackend, id: string): Promise<Registration> {
  const bound = entry(`bound-to-${id}`, { session: id, sessionBound: true, ttlMs: LONG_MS });
  for (let ttlMs = SESSION_MS; ; ttlMs *= 2) {
    const session = await storeOne(ctx, entry(SESSION_PREFIX + id, { ttlMs, mode: "replace" }), client);
    const outcome = await setOne(ctx, bound, client);
    if ("stored" in outcome) return session;
    assert.equal(outcome.refused, "session");
  }
}

export const endCases: readonly RegistryCase[] = [
  {
    id: "registry/crash/claims-come-back",
    rule: "Whoever dies with claims has them taken over: every step is handed out again, and none is skipped.",
    slot: "registry",
    applies: canDie("registry"),
    async run(ctx) {
      const identities = await storeExpiredFor(ctx, DEATHS);
      for await (const { client, dieDuring } of doomedRegistries(ctx)) {
        await dieDuring(async () => client.reap({ limit: SHARE, claimMs: CLAIM_MS, graceMs: 0 }, ctx.call));
      }
      const { expired } = await finish(ctx, identities);
      assert.deepEqual([...expired].toSorted(), identities, "handed out for the step `expired`");
      await expectCensus(ctx, 0);
    },
  },
  {
    id: "registry/crash/confirmed-or-claimed-again",
    rule: "Whoever dies while confirming has confirmed each step or left it to others: none is skipped.",
    slot: "registry",
    applies: canDie("registry"),
    async run(ctx) {
      const identities = await storeExpiredFor(ctx, DEATHS);
      const done = new Set<string>();
      for await (const { client, dieDuring } of doomedRegistries(ctx)) {
        const options = { limit: SHARE, claimMs: CLAIM_MS, graceMs: LONG_MS };
        const claims: readonly ReapClaim[] = await client.reap(options, ctx.call);
        const told = await dieDuring(async () => client.confirmMany(claims, ctx.call));
        if (told) for (const { registration } of claims) done.add(registration.identity);
      }
      const { expired } = await finish(ctx, identities);
      const twice = [...done].filter((identity) => expired.has(identity));
      assert.deepEqual(twice, [], "confirmed steps are not handed out again");
      await expectCensus(ctx, 0);
    },
  },
  {
    id: "registry/crash/session-of-the-dead-expires",
    rule: "The session of a dead process expires even if it died while renewing it, and what it served can be taken over.",
    slot: "registry",
    applies: canDie("registry"),
    async run(ctx) {
      const dead: string[] = [];
      for await (const { index, client, turn, dieDuring } of doomedRegistries(ctx)) {
        const session = `dead-${index}-at-${turn}`;
        dead.push(session);
        const { identity, epoch } = await serve(ctx, client, session);
        await storeOne(ctx, entry(`served-by-${session}`, { session, ttlMs: LONG_MS }), client);
        await dieDuring(async () => client.renewMany([{ identity, epoch }], ctx.call));
      }
      for (const session of dead) {
        await ctx.eventually(async () => assert.equal(await getOne(ctx, SESSION_PREFIX + session), undefined));
        const served = [`bound-to-${session}`, `served-by-${session}`];
        const before = await ctx.backend.getMany(served, ctx.call);
        assert.deepEqual(identitiesOf(before.flatMap((one) => one ?? [])), served, "offline, and still there");
        for (const one of before) {
          const successor = await storeOne(ctx, entry(one?.identity ?? ""));
          assert.ok(successor.epoch > (one?.epoch ?? 0), "the successor has the larger epoch");
        }
      }
    },
  },
];
