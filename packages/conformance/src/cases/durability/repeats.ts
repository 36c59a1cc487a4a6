/** Whatever is enqueued twice, by whomever and in whatever batches, is one delivery. */

import type { DurabilityBackend } from "@muster/core/slots";
import type { DurabilityCase } from "../../case.ts";
import { numbered } from "../support.ts";
import { ack, attach, enqueue, expectHanded, expectNothing, message, pair, settle, takeOne } from "./support.ts";

/** It is known for longer than a case lasts. */
function remembers({ traits }: DurabilityBackend): boolean {
  return traits.dedupWindowMs >= 30_000;
}

function repeatCase(name: string, rule: string, run: DurabilityCase["run"]): DurabilityCase {
  return { id: `durability/repeat/${name}`, rule, slot: "durability", applies: remembers, run };
}

export const repeatCases: readonly DurabilityCase[] = [
  repeatCase("same-batch", "The same batch enqueued again, by whichever client, is one delivery each.", async (ctx) => {
    const peer = await ctx.peer();
    await attach(ctx, ["a", "b"]);
    for (const at of [ctx.backend, ctx.backend, peer]) await enqueue(ctx, message("m"), ["a", "b"], { at });
    await expectHanded(ctx, [pair("m", "a"), pair("m", "b")]);
  }),
  repeatCase(
    "other-batches",
    "Who is in several batches of one message has it once, and who is new in one has it.",
    async (ctx) => {
      await attach(ctx, ["a", "b", "c"]);
      for (const batch of [["a"], ["b", "a"], ["a", "c", "b"], ["c"]]) await enqueue(ctx, message("m"), batch);
      await expectHanded(ctx, [pair("m", "a"), pair("m", "b"), pair("m", "c")]);
    },
  ),
  repeatCase("twice-in-one-batch", "Who is twice in one batch has the message once.", async (ctx) => {
    await attach(ctx, ["a", "b"]);
    await enqueue(ctx, message("m"), ["a", "b", "a"]);
    await expectHanded(ctx, [pair("m", "a"), pair("m", "b")]);
  }),
  repeatCase(
    "while-leased",
    "Enqueueing again what is leased does nothing: neither now nor when it has been settled.",
    async (ctx) => {
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("m"), ["a"]);
      const one = await takeOne(ctx);
      await enqueue(ctx, message("m"), ["a"]);
      await expectNothing(ctx);
      await ack(ctx, [one]);
      await expectNothing(ctx);
    },
  ),
  repeatCase(
    "after-it-was-settled",
    "What has been acknowledged, or has died, is not delivered again when it is enqueued again.",
    async (ctx) => {
      const peer = await ctx.peer();
      await attach(ctx, ["a", "b"]);
      await enqueue(ctx, message("m"), ["a", "b"]);
      for (const as of ["ack", "dead"] as const) {
        const { receipt } = await takeOne(ctx);
        await settle(ctx, [as === "ack" ? { receipt, as } : { receipt, as, code: "REJECTED", reason: "no" }]);
      }
      for (const at of [ctx.backend, peer]) await enqueue(ctx, message("m"), ["a", "b"], { at });
      await expectNothing(ctx);
    },
  ),
  repeatCase(
    "for-the-next-life",
    "A message that one life of an identity has had does not come again for the next.",
    async (ctx) => {
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("m"), ["a"]);
      await ack(ctx, [await takeOne(ctx)]);
      await attach(ctx, ["a"], { epoch: 2 });
      await enqueue(ctx, message("m"), ["a"], { epoch: 2 });
      await expectNothing(ctx);
    },
  ),
  repeatCase("at-once", "Of several clients that enqueue the same at once, one makes the deliveries.", async (ctx) => {
    const identities = numbered("a", Math.min(8, ctx.backend.traits.maxBatch));
    const clients = [ctx.backend, await ctx.peer(), await ctx.peer(), await ctx.peer()];
    await attach(ctx, identities);
    const batches = clients.map((_, index) => (index % 2 === 0 ? identities : identities.toReversed()));
    await Promise.all(clients.map(async (at, index) => enqueue(ctx, message("m"), batches[index] ?? [], { at })));
    await expectHanded(
      ctx,
      identities.map((identity) => pair("m", identity)),
    );
  }),
];
