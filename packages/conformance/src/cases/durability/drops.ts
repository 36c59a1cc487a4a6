/** What is left of an identity that is over: nothing up to its epoch, everything of its successor. */

import assert from "node:assert/strict";
import type { DurabilityBackend } from "@muster/core/slots";
import type { DurabilityCase, DurabilityContext } from "../../case.ts";
import { begin, deliveriesOf, expectTracked, hasDeadLetters, hasTracking, lettersOf } from "./facets.ts";
import {
  ack,
  attach,
  enqueue,
  expectHanded,
  expectNothing,
  message,
  OTHER_SESSION,
  pair,
  pairsOf,
  dequeue,
  take,
  takeOne,
  tryAttach,
  tryEnqueue,
} from "./support.ts";

const GONE = { code: "UNREGISTERED", reason: "it has unregistered" } as const;

export async function drop(
  ctx: DurabilityContext,
  identities: readonly string[],
  epoch: number = 1,
  why: Parameters<DurabilityBackend["dropMany"]>[1] = GONE,
): Promise<void> {
  await ctx.backend.dropMany(
    identities.map((identity) => ({ identity, epoch })),
    why,
    ctx.call,
  );
}

export const dropCases: readonly DurabilityCase[] = [
  {
    id: "durability/drop/ends-queued-and-leased",
    rule: "What is dropped is handed out no more, be it queued or leased, not even to the next life; other identities keep theirs.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a", "b"]);
      await enqueue(ctx, message("1"), ["a", "b"]);
      const held = await take(ctx, 2);
      await enqueue(ctx, message("2"), ["a", "c"]);
      await drop(ctx, ["a"]);
      await ctx.backend.settleMany(
        held.map(({ receipt }) => ({ receipt, as: "retry" })),
        ctx.call,
      );
      await attach(ctx, ["a", "c"], { epoch: 2 });
      await expectHanded(ctx, [pair("1", "b"), pair("2", "c")]);
    },
  },
  {
    id: "durability/drop/only-up-to-its-epoch",
    rule: "Dropping a life leaves what was enqueued for a later one, with its attachment and its leases.",
    slot: "durability",
    async run(ctx) {
      await enqueue(ctx, message("old"), ["a"], { epoch: 1 });
      await attach(ctx, ["a"], { epoch: 2 });
      const old = await takeOne(ctx);
      assert.equal(old.id, "old");
      await ctx.backend.settleMany([{ receipt: old.receipt, as: "release" }], ctx.call);
      await enqueue(ctx, message("new"), ["a"], { epoch: 2 });
      await drop(ctx, ["a"], 1);
      const held = await takeOne(ctx);
      assert.equal(held.id, "new");
      await drop(ctx, ["a"], 1);
      assert.deepEqual(pairsOf(await dequeue(ctx)), [], "what is leased stays so");
      await ack(ctx, [held]);
      await enqueue(ctx, message("newer"), ["a"], { epoch: 2 });
      await expectHanded(ctx, [pair("newer", "a")]);
    },
  },
  {
    id: "durability/drop/nothing-more-is-enqueued",
    rule: "Where a backlog lies by recipient, enqueueing for a dropped epoch fails with UNREGISTERED, alone, and for a later one it doesn't.",
    slot: "durability",
    applies: ({ traits }) => traits.holds === "recipient" && traits.maxBatch >= 3,
    async run(ctx) {
      await attach(ctx, ["a", "b", "c"], { epoch: 3 });
      await drop(ctx, ["b", "unheard-of"], 3);
      const at = await ctx.peer();
      for (const epoch of [2, 3]) {
        const failures = await tryEnqueue(ctx, message(`m${epoch}`), ["a", "b", "c"], { epoch, at });
        assert.deepEqual(failures, [[1, "UNREGISTERED"]], `for epoch ${epoch}`);
      }
      assert.deepEqual(await tryEnqueue(ctx, message("m"), ["unheard-of"], { epoch: 3 }), [[0, "UNREGISTERED"]]);
      await enqueue(ctx, message("next"), ["b"], { epoch: 4 });
      await attach(ctx, ["b"], { epoch: 4 });
      const others = ["m2", "m3"].flatMap((id) => [pair(id, "a"), pair(id, "c")]);
      await expectHanded(ctx, [...others, pair("next", "b")]);
    },
  },
  {
    id: "durability/drop/detaches",
    rule: "A dropped epoch is handed nothing more and attached by nobody; a later one is.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a"], { epoch: 2 });
      await drop(ctx, ["a"], 2);
      for (const epoch of [1, 2])
        assert.deepEqual(await tryAttach(ctx, ["a"], { epoch, session: OTHER_SESSION }), [[0, "FENCED"]]);
      await enqueue(ctx, message("m"), ["a"], { epoch: 3 });
      await expectNothing(ctx);
      await attach(ctx, ["a"], { epoch: 3, session: OTHER_SESSION });
      await expectHanded(ctx, [pair("m", "a")], { session: OTHER_SESSION });
    },
  },
  {
    id: "durability/drop/is-a-failure-with-its-reason",
    rule: "What was dropped reads as failed, with code and reason, and what had been acknowledged before reads as delivered.",
    slot: "durability",
    applies: hasTracking,
    async run(ctx) {
      await attach(ctx, ["a", "b"]);
      await begin(ctx, message("m"));
      await enqueue(ctx, message("m"), ["a", "b", "c"]);
      await ack(
        ctx,
        (await take(ctx, 2)).filter(({ identity }) => identity === "a"),
      );
      await drop(ctx, ["a", "b", "c"]);
      await expectTracked(ctx, "m", { a: "delivered", b: "failed", c: "failed" }, await ctx.peer());
      const failed = await deliveriesOf(ctx, "m", { statuses: ["failed"] });
      assert.deepEqual(
        failed.map(({ code, reason }) => [code, reason]),
        [
          [GONE.code, GONE.reason],
          [GONE.code, GONE.reason],
        ],
      );
    },
  },
  {
    id: "durability/drop/is-a-dead-letter",
    rule: "What was dropped is a dead letter with code and reason, once, however often it is dropped.",
    slot: "durability",
    applies: hasDeadLetters,
    async run(ctx) {
      await attach(ctx, ["a", "b"]);
      await enqueue(ctx, message("1"), ["a", "b", "c"]);
      await take(ctx, 2);
      await enqueue(ctx, message("2"), ["a"]);
      await drop(ctx, ["a", "c"]);
      await drop(ctx, ["a", "c"], 1, { code: "EXPIRED", reason: "again" });
      const letters = await lettersOf(ctx);
      assert.deepEqual(
        letters.map(({ identity, messageId, code, reason }) => [identity, messageId, code, reason]),
        [
          ["a", "1"],
          ["a", "2"],
          ["c", "1"],
        ].map((key) => [...key, GONE.code, GONE.reason]),
      );
    },
  },
];
