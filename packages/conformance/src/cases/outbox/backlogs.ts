/** How much waits, and since when. */

import assert from "node:assert/strict";
import type { OutboxCase } from "../../case.ts";
import { LONG_MS, numbered } from "../support.ts";
import { inVain, parcelFor, record, send, settle, settleAll, take } from "./support.ts";

function backlogCase(name: string, rule: string, run: OutboxCase["run"]): OutboxCase {
  return { id: `outbox/backlog/${name}`, rule, slot: "outbox", run };
}

export const backlogCases: readonly OutboxCase[] = [
  backlogCase(
    "counts-deliveries",
    "The backlog counts recipients that wait, those with a relay and those left for later included, and no others.",
    async (ctx) => {
      const at = await ctx.peer();
      const count = async (): Promise<number> => (await at.backlog(ctx.call)).deliveries;
      assert.equal(await count(), 0);
      await inVain(ctx, async (own) => {
        await record(ctx, own, "in vain", ["a"]);
        assert.equal(await count(), 0, "what is not committed");
      });
      await send(ctx, "m", numbered("one", 40));
      await send(ctx, "n", ["a", "b"]);
      assert.equal(await count(), 42);
      const taken = await take(ctx);
      assert.equal(await count(), 42, "with a relay");
      const one = parcelFor(taken, "n", "a");
      await settle(ctx, one, { left: ["a"], delayMs: LONG_MS / 2 });
      const others = one.targets.length - 1;
      assert.equal(await count(), 42 - others, "left for later");
      await settleAll(ctx, { as: "delivered" });
      assert.equal(await count(), 1);
    },
  ),
  backlogCase(
    "tells-the-age-of-the-oldest",
    "The age is that of the oldest delivery that waits, grows while it does, and is none when nobody waits.",
    async (ctx) => {
      const age = async (): Promise<number | undefined> => (await ctx.backend.backlog(ctx.call)).oldestMs;
      assert.equal(await age(), undefined);
      await send(ctx, "old", ["a"]);
      const before = (await age()) ?? -1;
      assert.ok(before >= 0, `an age: ${before}`);
      await ctx.eventually(async () => assert.ok(((await age()) ?? 0) >= before + 200, "it grows"));
      await send(ctx, "young", ["a"]);
      const [oldest, since] = [(await age()) ?? 0, performance.now()];
      assert.ok(oldest >= before + 200, "the oldest counts");
      await settle(ctx, parcelFor(await take(ctx), "old", "a"));
      const youngest = (await age()) ?? -1;
      assert.ok(youngest >= 0 && youngest < oldest + (performance.now() - since), `the next oldest: ${youngest}`);
      await settleAll(ctx);
      assert.equal(await age(), undefined);
    },
  ),
];
