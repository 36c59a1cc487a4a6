/** Who waits is woken, where the store says so. */

import assert from "node:assert/strict";
import type { DurabilityCase } from "../../case.ts";
import { PATIENCE_MS } from "../../eventually.ts";
import { within } from "../lifecycle/outcome.ts";
import {
  attach,
  dequeue,
  enqueue,
  type Handed,
  message,
  pairsOf,
  settle,
  shortLease,
  type WorkerOptions,
} from "./support.ts";

export const wakingCases: readonly DurabilityCase[] = [
  {
    id: "durability/dequeue/wakes",
    rule: "Where the store wakes, who waits is soon handed what another client attaches, gives back or enqueues, and what a lease leaves when it ends.",
    slot: "durability",
    applies: ({ traits }) => traits.wakes,
    async run(ctx) {
      const peer = await ctx.peer();
      const { patienceMs = PATIENCE_MS } = ctx.subject;
      const wokenBy = async (
        what: string,
        happen: () => Promise<void>,
        options: WorkerOptions = {},
      ): Promise<Handed> => {
        const waiting = dequeue(ctx, { waitMs: 20 * patienceMs, ...options });
        const [[one]] = await Promise.all([within(patienceMs, what, waiting), happen()]);
        return one ?? assert.fail(`${what}: nothing is handed out`);
      };
      await enqueue(ctx, message("1"), ["a"]);
      const { receipt } = await wokenBy("attached", async () => attach(ctx, ["a"], { at: peer }));
      await wokenBy("given back", async () => settle(ctx, [{ receipt, as: "release" }], peer));
      await attach(ctx, ["b"]);
      const enqueued = async (): Promise<void> => enqueue(ctx, message("2"), ["b"], { at: peer });
      await wokenBy("enqueued", enqueued, { leaseMs: shortLease(ctx) });
      if (ctx.backend.traits.lease === "message") await wokenBy("its lease has ended", async () => undefined);
    },
  },
  {
    id: "durability/dequeue/waits-its-time",
    rule: "Where the store wakes, who is handed nothing has waited for as long as was said.",
    slot: "durability",
    applies: ({ traits }) => traits.wakes,
    async run(ctx) {
      await attach(ctx, ["a"]);
      const [waitMs, start] = [200, performance.now()];
      assert.deepEqual(pairsOf(await dequeue(ctx, { waitMs })), []);
      const waitedMs = performance.now() - start;
      assert.ok(waitedMs > 0.9 * waitMs, `it has waited ${waitedMs.toFixed(0)} of ${waitMs} ms`); // Clocks differ a little.
    },
  },
];
