/** Whom a queue is handed to: the session that its identity is attached to, in the highest epoch. */

import assert from "node:assert/strict";
import type { DurabilityCase } from "../../case.ts";
import {
  ack,
  attach,
  dequeue,
  enqueue,
  expectHanded,
  expectNothing,
  message,
  OTHER_SESSION,
  pair,
  pairsOf,
  refusalOf,
  SESSION,
  settle,
  take,
  takeOne,
  tryAttach,
} from "./support.ts";

export const attachmentCases: readonly DurabilityCase[] = [
  {
    id: "durability/attach/backlog-first",
    rule: "Who is attached is handed what was enqueued before that, and then what comes later.",
    slot: "durability",
    async run(ctx) {
      const peer = await ctx.peer();
      for (const id of ["1", "2", "3"]) await enqueue(ctx, message(id), ["a"], { at: peer });
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("4"), ["a"], { at: peer });
      const handed = await expectHanded(
        ctx,
        ["1", "2", "3", "4"].map((id) => pair(id, "a")),
      );
      if (ctx.backend.traits.order === "fifo")
        assert.deepEqual(
          handed.map(({ id }) => id),
          ["1", "2", "3", "4"],
        );
    },
  },
  {
    id: "durability/attach/next-life-has-the-queue",
    rule: "What was enqueued for one life of an identity is handed to its next one, under that one's epoch.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a", "b"]);
      await enqueue(ctx, message("m"), ["a", "b", "c"]);
      await attach(ctx, ["a", "c"], { epoch: 5 });
      const handed = await expectHanded(
        ctx,
        ["a", "b", "c"].map((identity) => pair("m", identity)),
      );
      const epochs = new Map(handed.map(({ identity, epoch }) => [identity, epoch]));
      assert.deepEqual([epochs.get("a"), epochs.get("b"), epochs.get("c")], [5, 1, 5], "epochs they are leased to");
    },
  },
  {
    id: "durability/attach/lower-epoch-is-fenced",
    rule: "Attaching a lower epoch than the one that is attached fails with FENCED, alone, and takes nothing from it.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["b"], { epoch: 5 });
      await enqueue(ctx, message("m"), ["b"], { epoch: 5 });
      // Where leases end with their session, another process knows of it from the registry alone.
      const at = ctx.backend.traits.lease === "session" ? ctx.backend : await ctx.peer();
      const others = { session: OTHER_SESSION, epoch: 4, at };
      assert.deepEqual(await tryAttach(ctx, ["a", "b", "c"], others), [[1, "FENCED"]]);
      await enqueue(ctx, message("n"), ["a", "c"], { epoch: 4 });
      await expectHanded(ctx, [pair("n", "a"), pair("n", "c")], others);
      const [one] = await expectHanded(ctx, [pair("m", "b")]);
      assert.equal(one?.epoch, 5);
    },
  },
  {
    id: "durability/attach/higher-epoch-frees-leases",
    rule: "When a higher epoch is attached, what the lower one holds is handed to it at once, with one attempt more.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a", "b"]);
      await enqueue(ctx, message("m"), ["a", "b"]);
      await take(ctx, 2);
      const peer = await ctx.peer();
      await attach(ctx, ["a"], { session: OTHER_SESSION, epoch: 2, at: peer });
      const moved = await takeOne(ctx, { session: OTHER_SESSION, at: peer });
      assert.deepEqual([moved.identity, moved.epoch, moved.attempt], ["a", 2, 2]);
      await expectNothing(ctx);
    },
  },
  {
    id: "durability/attach/earlier-receipts-are-fenced",
    rule: "Where leases or epochs fence, a receipt of an earlier attachment settles nothing any more.",
    slot: "durability",
    applies: ({ traits }) => traits.fences !== "none",
    async run(ctx) {
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("m"), ["a"]);
      const { receipt } = await takeOne(ctx);
      await attach(ctx, ["a"], { epoch: 2, session: OTHER_SESSION });
      assert.equal(await refusalOf(ctx, { receipt, as: "ack" }), "FENCED");
      assert.equal(await refusalOf(ctx, { receipt, as: "dead", code: "REJECTED", reason: "no" }), "FENCED");
      await expectHanded(ctx, [pair("m", "a")], { session: OTHER_SESSION });
    },
  },
  {
    id: "durability/attach/again-is-nothing",
    rule: "Attaching the same epoch to the same session again leaves leases and queue as they are.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a"]);
      for (const id of ["1", "2"]) await enqueue(ctx, message(id), ["a"]);
      const first = await takeOne(ctx, { max: 1 });
      await attach(ctx, ["a"], { at: await ctx.peer() });
      const more = await dequeue(ctx);
      assert.ok(!more.some(({ id }) => id === first.id), "what is leased stays so");
      await ack(ctx, [first, ...more]);
      await expectHanded(ctx, more.length > 0 ? [] : [pair("2", "a")]);
    },
  },
  {
    id: "durability/attach/moves-to-another-session",
    rule: "Attaching the same epoch to another session moves it there, with what was leased, and the former gets no more.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("1"), ["a"]);
      await takeOne(ctx);
      await attach(ctx, ["a"], { session: OTHER_SESSION });
      await enqueue(ctx, message("2"), ["a"]);
      await expectNothing(ctx);
      const handed = await expectHanded(ctx, [pair("1", "a"), pair("2", "a")], { session: OTHER_SESSION });
      assert.deepEqual(
        handed.toSorted((one, next) => (one.id < next.id ? -1 : 1)).map(({ id, attempt }) => [id, attempt]),
        [
          ["1", 2],
          ["2", 1],
        ],
        "attempts",
      );
    },
  },
  {
    id: "durability/attach/nobody-elses",
    rule: "A session is handed nothing for identities that are attached to another, or to none.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a"]);
      await attach(ctx, ["b"], { session: OTHER_SESSION });
      await enqueue(ctx, message("m"), ["a", "b", "c"]);
      await expectHanded(ctx, [pair("m", "b")], { session: OTHER_SESSION, at: await ctx.peer() });
      await expectHanded(ctx, [pair("m", "a")]);
    },
  },
  {
    id: "durability/detach/releases",
    rule: "Detaching ends what the session holds of an identity without counting an attempt, and it is handed no more.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a", "b", "c"]);
      await enqueue(ctx, message("1"), ["a", "b"]);
      const held = await take(ctx, 2);
      await ctx.backend.detachMany(SESSION, ["a", "c", "nobody"], ctx.call);
      await enqueue(ctx, message("2"), ["a", "c"]);
      await ack(
        ctx,
        held.filter(({ identity }) => identity === "b"),
      );
      await expectNothing(ctx);
      await attach(ctx, ["a", "c"]);
      const handed = await expectHanded(ctx, [pair("1", "a"), pair("2", "a"), pair("2", "c")]);
      assert.deepEqual(
        handed.map(({ attempt }) => attempt),
        [1, 1, 1],
        "attempts",
      );
    },
  },
  {
    id: "durability/detach/only-its-own",
    rule: "Detaching an identity from a session that it is not attached to changes nothing.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("1"), ["a"]);
      const one = await takeOne(ctx);
      await ctx.backend.detachMany(OTHER_SESSION, ["a"], ctx.call);
      assert.deepEqual(pairsOf(await dequeue(ctx)), [], "what is leased stays so");
      await settle(ctx, [{ receipt: one.receipt, as: "ack" }]);
      await enqueue(ctx, message("2"), ["a"]);
      await expectHanded(ctx, [pair("2", "a")]);
    },
  },
];
