/** What is past its time to live is never handed out, whether or not anyone has swept. */

import assert from "node:assert/strict";
import type { DurabilityCase, DurabilityContext } from "../../case.ts";
import { attach, dequeue, enqueue, expectHanded, message, pair, settle, untilElapsed } from "./support.ts";

const TTL_MS = 60;

/** Leases and releases until the message is no longer handed out. */
async function untilExpired(ctx: DurabilityContext, id: string): Promise<void> {
  await ctx.eventually(async () => {
    const handed = await dequeue(ctx);
    await settle(
      ctx,
      handed.map(({ receipt }) => ({ receipt, as: "release" })),
    );
    assert.ok(!handed.some((one) => one.id === id), `${id} has expired`);
  });
}

export const expiryCases: readonly DurabilityCase[] = [
  {
    id: "durability/ttl/expired-is-never-handed-out",
    rule: "Past its ttlMs a delivery is handed out to nobody, without any sweep, and those that live longer go on.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("short"), ["a"], { ttlMs: TTL_MS });
      await enqueue(ctx, message("long"), ["a"]);
      await untilExpired(ctx, "short");
      await expectHanded(ctx, [pair("long", "a")]);
    },
  },
  {
    id: "durability/ttl/expires-unattached",
    rule: "A backlog expires while nobody is attached.",
    slot: "durability",
    async run(ctx) {
      const start = performance.now();
      await enqueue(ctx, message("short"), ["a"], { ttlMs: TTL_MS });
      await enqueue(ctx, message("long"), ["a"]);
      await untilElapsed(ctx, start, 2 * TTL_MS);
      await attach(ctx, ["a"]);
      await untilExpired(ctx, "short");
      await expectHanded(ctx, [pair("long", "a")]);
    },
  },
  {
    id: "durability/ttl/not-before",
    rule: "A delivery is handed out until its ttlMs has passed.",
    slot: "durability",
    async run(ctx) {
      const start = performance.now();
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("m"), ["a"], { ttlMs: 20 * TTL_MS });
      await untilElapsed(ctx, start, TTL_MS);
      await expectHanded(ctx, [pair("m", "a")]);
    },
  },
  {
    id: "durability/ttl/first-one-counts",
    rule: "Enqueueing again does not prolong what is there.",
    slot: "durability",
    applies: ({ traits }) => traits.dedupWindowMs >= 30_000,
    async run(ctx) {
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("m"), ["a"], { ttlMs: TTL_MS });
      await enqueue(ctx, message("m"), ["a"]);
      await untilExpired(ctx, "m");
    },
  },
];
