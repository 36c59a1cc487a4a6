/** Names that look like something else. */

import assert from "node:assert/strict";
import type { OutboxCase, OutboxContext } from "../../case.ts";
import { HOSTILE } from "../durability/names.ts";
import { pair } from "../durability/support.ts";
import { alikeNamespaces } from "../support.ts";
import {
  begin,
  expectKnown,
  expectWaiting,
  lease,
  parcelFor,
  record,
  RELAY,
  send,
  settle,
  take,
  takeFrom,
  waitingIn,
} from "./support.ts";

/** Recorded for each of them alone all of it waits, and each can be settled alone. */
async function keptApart(
  ctx: OutboxContext,
  pairs: readonly (readonly [id: string, identity: string])[],
): Promise<void> {
  const own = await begin(ctx);
  for (const [id, identity] of pairs) await record(ctx, own, id, [identity], { filter: JSON.stringify(identity) });
  await own.commit();
  const parcels = await expectWaiting(
    ctx,
    pairs.map(([id, identity]) => pair(id, identity)),
  );
  for (const [index, [id, identity]] of pairs.entries()) {
    const parcel = parcelFor(parcels, id, identity);
    assert.equal(parcel.start.filter, JSON.stringify(identity), "each has its own start");
    if (index % 2 === 0) await settle(ctx, parcel, { failed: [{ identity, code: "REJECTED", reason: identity }] });
  }
  for (const [index, [id, identity]] of pairs.entries()) {
    const hasFailed = index % 2 === 0;
    const counts = { targets: 1, delivered: 0, failed: hasFailed ? 1 : 0 };
    await expectKnown(ctx, id, counts, { [identity]: hasFailed ? "failed" : "pending" });
  }
}

export const outboxNameCases: readonly OutboxCase[] = [
  {
    id: "outbox/names/identities",
    rule: "Identities of every shape are kept apart: none is a pattern, a path, a key or a number.",
    slot: "outbox",
    async run(ctx) {
      await keptApart(
        ctx,
        HOSTILE.map((identity, index) => [`m${index}`, identity]),
      );
      await send(ctx, "everyone", HOSTILE);
      const { targets } = await ctx.backend.counts("everyone", ctx.call);
      assert.equal(targets, HOSTILE.length);
    },
  },
  {
    id: "outbox/names/message-ids",
    rule: "Message ids of every shape, up to 128 characters, are kept apart.",
    slot: "outbox",
    async run(ctx) {
      const ids = HOSTILE.filter((id) => id.length < 128);
      await keptApart(
        ctx,
        [...ids, "x".repeat(128), `${"x".repeat(127)}y`].map((id) => [id, "a"]),
      );
    },
  },
  {
    id: "outbox/names/keys",
    rule: "Idempotency keys of every shape are kept apart, and none is a message id.",
    slot: "outbox",
    async run(ctx) {
      const keys = HOSTILE.filter((key) => key.length <= 128);
      await send(ctx, "a", ["x"]);
      for (const [index, idempotencyKey] of keys.entries())
        assert.equal((await send(ctx, `m${index}`, ["x"], { idempotencyKey })).isNew, true, idempotencyKey);
      for (const [index, idempotencyKey] of keys.entries()) {
        const { isNew, record: standing } = await send(ctx, `n${index}`, ["x"], { idempotencyKey });
        assert.deepEqual([isNew, standing.message.id], [false, `m${index}`], idempotencyKey);
      }
    },
  },
  {
    id: "outbox/names/relays",
    rule: "Relays of every shape are different ones.",
    slot: "outbox",
    async run(ctx) {
      const holder = await lease(ctx, { relay: "a" });
      for (const relay of HOSTILE.filter((one) => one !== "a" && one.length <= 128)) {
        assert.deepEqual(await lease(ctx, { relay }), [], relay);
        await ctx.backend.releaseShards(relay, ctx.call);
      }
      assert.deepEqual(await lease(ctx, { relay: "a" }), holder);
    },
  },
  {
    id: "outbox/namespaces/are-apart",
    rule: "One id, one key and one identity stand in two namespaces at once, however alike their names are, and each has its own relays.",
    slot: "outbox",
    async run(ctx) {
      const names = alikeNamespaces(ctx.namespace);
      const all = await Promise.all(names.map(async (namespace) => ctx.peer({ namespace })));
      for (const [index, at] of all.entries()) {
        const filter = JSON.stringify(names[index]);
        assert.equal((await send(ctx, "m", ["a"], { at, filter, idempotencyKey: "key" })).isNew, true, filter);
      }
      await expectWaiting(ctx, []);
      for (const [index, at] of all.entries()) {
        const [parcel] = await expectWaiting(ctx, [pair("m", "a")], { at });
        assert.equal(parcel?.start.filter, JSON.stringify(names[index]));
        await settle(ctx, parcel, {}, at);
        assert.deepEqual(await at.backlog(ctx.call), { deliveries: 0, oldestMs: undefined });
      }
    },
  },
  {
    id: "outbox/namespaces/leases-are-their-own",
    rule: "A relay of one name has its leases in each namespace, and what it settles or gives back in one stays in the other.",
    slot: "outbox",
    async run(ctx) {
      const other = await ctx.peer({ namespace: `${ctx.namespace}-b` });
      for (const at of [ctx.backend, other]) await send(ctx, "m", ["a"], { at });
      const taken = parcelFor(await take(ctx), "m", "a");
      const there = parcelFor(await take(ctx, { at: other }), "m", "a");
      await settle(ctx, taken);
      await ctx.backend.releaseShards(RELAY, ctx.call);
      assert.deepEqual(waitingIn(await takeFrom(ctx, [there.lease], other)), [pair("m", "a")]);
      await settle(ctx, there, {}, other);
      await expectWaiting(ctx, [], { at: other });
    },
  },
];
