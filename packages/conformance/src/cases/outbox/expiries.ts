/** What is over its time, and what is over its retention. */

import assert from "node:assert/strict";
import type { DurabilityScope, OutboxBackend } from "@muster/core/slots";
import type { OutboxCase, OutboxContext } from "../../case.ts";
import { pair } from "../durability/support.ts";
import { LONG_MS, numbered } from "../support.ts";
import {
  deliveriesOf,
  expectKnown,
  expectWaiting,
  lease,
  longLease,
  record,
  begin,
  send,
  settle,
  settleAll,
  take,
  takeFrom,
  waitingIn,
} from "./support.ts";

const TTL_MS = 150;
const RETENTION_MS = 150;
const SCOPE: { readonly durability: DurabilityScope } = {
  durability: { trackingRetentionMs: RETENTION_MS, deadLetterRetentionMs: LONG_MS },
};

async function sweepAll(ctx: OutboxContext, at: OutboxBackend = ctx.backend): Promise<void> {
  for (let rounds = 0; (await at.sweep({ limit: 3 }, ctx.call)) > 0; rounds += 1)
    assert.ok(rounds < 10_000, "sweeping comes to an end");
}

/** Nothing is due for that long after it has once been due. */
async function untilOver(ctx: OutboxContext): Promise<void> {
  await ctx.eventually(async () => assert.deepEqual(waitingIn(await take(ctx)), []));
}

export const outboxExpiryCases: readonly OutboxCase[] = [
  {
    id: "outbox/ttl/never-taken-when-over",
    rule: "What is over its time is never taken, also when nobody has swept, and what is not is.",
    slot: "outbox",
    async run(ctx) {
      await send(ctx, "short", ["a"], { ttlMs: TTL_MS });
      await send(ctx, "long", ["a"]);
      await ctx.eventually(async () => expectWaiting(ctx, [pair("long", "a")]));
      for (const one of await take(ctx)) assert.equal(one.start.message.id, "long");
    },
  },
  {
    id: "outbox/ttl/left-for-longer-than-it-lives",
    rule: "Who was left for later is not taken when that is over and its own time, too.",
    slot: "outbox",
    async run(ctx) {
      await send(ctx, "m", ["a"], { ttlMs: 2 * TTL_MS });
      await send(ctx, "marker", ["b"]);
      for (const parcel of await take(ctx)) {
        const left = parcel.targets.map(({ identity }) => identity);
        await settle(ctx, parcel, { left, delayMs: 3 * TTL_MS });
      }
      await ctx.eventually(async () => expectWaiting(ctx, [pair("marker", "b")]));
      await sweepAll(ctx);
      await expectKnown(ctx, "m", { targets: 1, delivered: 0, failed: 1 }, { a: "failed" });
    },
  },
  {
    id: "outbox/ttl/swept-has-failed",
    rule: "Whoever had not been handed over in time has failed with EXPIRED once it is swept, and waits no more.",
    slot: "outbox",
    async run(ctx) {
      const many = numbered("one", 20);
      await send(ctx, "m", [...many, "delivered"], { ttlMs: 4 * TTL_MS });
      for (const parcel of await take(ctx)) {
        const left = parcel.targets.map(({ identity }) => identity).filter((one) => one !== "delivered");
        await settle(ctx, parcel, { as: "delivered", left });
      }
      await send(ctx, "n", ["a"]);
      await ctx.eventually(async () => expectWaiting(ctx, [pair("n", "a")]));
      await ctx.eventually(async () => {
        await sweepAll(ctx, await ctx.peer());
        assert.equal((await ctx.backend.counts("m", ctx.call)).failed, 20);
      });
      const failed = Object.fromEntries(many.map((one) => [one, "failed"] as const));
      await expectKnown(ctx, "m", { targets: 21, delivered: 1, failed: 20 }, { ...failed, delivered: "delivered" });
      const [, first] = await deliveriesOf(ctx, "m");
      assert.equal(first?.code, "EXPIRED");
      assert.equal((await ctx.backend.backlog(ctx.call)).deliveries, 1);
    },
  },
  {
    id: "outbox/ttl/tells-what-is-left",
    rule: "A parcel tells how much of its time is left, which grows less whenever it is taken.",
    slot: "outbox",
    async run(ctx) {
      await send(ctx, "m", ["a"], { ttlMs: LONG_MS });
      const [first] = await take(ctx);
      assert.ok(first !== undefined && first.ttlMs > 0 && first.ttlMs <= LONG_MS, `left: ${first?.ttlMs}`);
      await ctx.eventually(async () => {
        const [next] = await take(ctx);
        assert.ok(next !== undefined && next.ttlMs < first.ttlMs && next.ttlMs > 0, `left: ${next?.ttlMs}`);
      });
    },
  },
  {
    id: "outbox/ttl/committed-too-late",
    rule: "What commits when its time is over is known to have expired, and was never to be taken.",
    slot: "outbox",
    async run(ctx) {
      await send(ctx, "clock", ["c"], { ttlMs: 2 * TTL_MS });
      const own = await begin(ctx);
      await record(ctx, own, "m", ["a"], { ttlMs: 1 });
      await untilOver(ctx);
      await own.commit();
      await expectWaiting(ctx, []);
      await sweepAll(ctx);
      await expectKnown(ctx, "m", { targets: 1, delivered: 0, failed: 1 }, { a: "failed" });
    },
  },
  {
    id: "outbox/retention/forgotten-after-its-end",
    rule: "A multicast that has ended is forgotten when the retention of receipts is over, and so is its key.",
    slot: "outbox",
    async run(ctx) {
      const at = await ctx.peer(SCOPE);
      const key = { idempotencyKey: "key", at };
      await send(ctx, "m", ["a"], key);
      const leases = await lease(ctx, { at });
      for (const parcel of await takeFrom(ctx, leases, at)) await settle(ctx, parcel, { as: "delivered" }, at);
      await ctx.eventually(async () => {
        await sweepAll(ctx, at);
        assert.equal(await at.find("m", ctx.call), undefined);
      });
      await expectKnown(ctx, "m", { targets: 0, delivered: 0, failed: 0 }, {});
      assert.equal((await send(ctx, "n", ["a"], key)).isNew, true, "its key is free");
    },
  },
  {
    id: "outbox/retention/kept-until-its-end",
    rule: "A multicast of which somebody waits is known, however long ago it began.",
    slot: "outbox",
    async run(ctx) {
      const at = await ctx.peer(SCOPE);
      await send(ctx, "waits", ["a"], { at });
      await send(ctx, "ended", [], { at });
      await ctx.eventually(async () => {
        await sweepAll(ctx, at);
        assert.equal(await at.find("ended", ctx.call), undefined);
      });
      assert.equal((await at.find("waits", ctx.call))?.message.id, "waits");
      await expectWaiting(ctx, [pair("waits", "a")], { at, leaseMs: longLease(ctx) });
      await settleAll(ctx);
    },
  },
];
