/** What a worker is handed: so much, to it alone, and for how long. */

import assert from "node:assert/strict";
import type { DurabilityCase } from "../../case.ts";
import { numbered } from "../support.ts";
import { within } from "../lifecycle/outcome.ts";
import {
  ack,
  attach,
  dequeue,
  enqueue,
  expectHanded,
  expectNothing,
  type Handed,
  message,
  OTHER_SESSION,
  pair,
  pairsOf,
  SESSION,
  shortLease,
  take,
  takeOne,
} from "./support.ts";

export const dequeueCases: readonly DurabilityCase[] = [
  {
    id: "durability/dequeue/max-is-over-all",
    rule: "A dequeue hands out at most max deliveries over all messages, and the next one goes on with others.",
    slot: "durability",
    applies: ({ traits }) => traits.maxBatch >= 4,
    async run(ctx) {
      const [ids, identities] = [["1", "2", "3"], numbered("a", 4)];
      await attach(ctx, identities);
      for (const id of ids) await enqueue(ctx, message(id), identities);
      const all: Handed[] = [];
      await ctx.eventually(async () => {
        const some = await dequeue(ctx, { max: 5 });
        assert.ok(some.length <= 5, `${some.length} deliveries, of 5`);
        all.push(...some);
        await ack(ctx, some);
        assert.ok(all.length >= 12, "all are handed out");
      });
      assert.deepEqual(pairsOf(all).toSorted(), ids.flatMap((id) => identities.map((one) => pair(id, one))).toSorted());
    },
  },
  {
    id: "durability/dequeue/max-per-identity",
    rule: "Where a backlog lies by recipient, a dequeue hands out at most maxPerIdentity deliveries of one, and those of others beside them.",
    slot: "durability",
    applies: ({ traits }) => traits.holds === "recipient",
    async run(ctx) {
      await attach(ctx, ["a", "b"]);
      for (const id of numbered("m", 6)) await enqueue(ctx, message(id), ["a"]);
      await enqueue(ctx, message("late"), ["b"]);
      await ctx.eventually(async () => {
        const some = await dequeue(ctx, { maxPerIdentity: 2, max: 4 });
        const ofOne = some.filter(({ identity }) => identity === "a").length;
        await ctx.backend.settleMany(
          some.map(({ receipt }) => ({ receipt, as: "release" })),
          ctx.call,
        );
        assert.ok(ofOne <= 2, `${ofOne} of one identity, of 2`);
        assert.ok(
          some.some(({ identity }) => identity === "b"),
          "the other one's",
        );
      });
    },
  },
  {
    id: "durability/dequeue/grouped-by-message",
    rule: "An answer has each message once, with those of its recipients that are leased with it.",
    slot: "durability",
    applies: ({ traits }) => traits.maxBatch >= 5,
    async run(ctx) {
      const identities = numbered("a", 5);
      await attach(ctx, identities);
      for (const id of ["1", "2"]) await enqueue(ctx, message(id), identities);
      const seen: string[] = [];
      await ctx.eventually(async () => {
        const options = { max: 100, maxPerIdentity: 100, waitMs: 0, leaseMs: 30_000 };
        const answer = await ctx.backend.dequeue(SESSION, options, ctx.call);
        const ids = answer.map((one) => one.message.id);
        assert.equal(new Set(ids).size, ids.length, `messages in one answer: ${ids.join(", ")}`);
        assert.ok(
          answer.every(({ recipients }) => recipients.length > 0),
          "each has recipients",
        );
        const settlements = answer
          .flatMap(({ recipients }) => recipients)
          .map(({ receipt }) => ({ receipt, as: "ack" }) as const);
        if (settlements.length > 0) await ctx.backend.settleMany(settlements, ctx.call);
        seen.push(...answer.flatMap((one) => one.recipients.map(({ identity }) => pair(one.message.id, identity))));
        assert.equal(seen.length, 10);
      });
    },
  },
  {
    id: "durability/dequeue/lease-excludes-others",
    rule: "What is leased is handed out to nobody else, through whatever client.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a", "b"]);
      await enqueue(ctx, message("m"), ["a", "b"]);
      const held = await take(ctx, 2);
      for (const at of [ctx.backend, await ctx.peer()]) await expectNothing(ctx, { at });
      await ack(ctx, held);
      await expectNothing(ctx);
    },
  },
  {
    id: "durability/dequeue/beside-each-other",
    rule: "Several that dequeue at once are handed different deliveries, and together all of them.",
    slot: "durability",
    applies: ({ traits }) => traits.maxBatch >= 20,
    async run(ctx) {
      const identities = numbered("a", 20);
      const clients = [ctx.backend, await ctx.peer(), await ctx.peer(), await ctx.peer()];
      await attach(ctx, identities);
      for (const id of ["1", "2"]) await enqueue(ctx, message(id), identities);
      const all: Handed[] = [];
      await ctx.eventually(async () => {
        const answers = await Promise.all(clients.map(async (at) => dequeue(ctx, { at, max: 7 })));
        all.push(...answers.flat());
        await ack(ctx, answers.flat());
        assert.ok(all.length >= 40, `${all.length} of 40`);
      });
      const expected = ["1", "2"].flatMap((id) => identities.map((identity) => pair(id, identity)));
      assert.deepEqual(pairsOf(all).toSorted(), expected.toSorted());
      assert.equal(new Set(all.map(({ receipt }) => receipt)).size, all.length, "receipts of their own");
    },
  },
  {
    id: "durability/dequeue/nothing-is-due",
    rule: "A dequeue of a session that nothing is due for, or that nobody knows, answers with nothing, at once or when it has waited.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a"]);
      for (const session of [SESSION, OTHER_SESSION]) {
        for (const waitMs of [0, 20]) {
          const answer = await within(ctx.subject.patienceMs, "dequeue", dequeue(ctx, { session, waitMs }));
          assert.deepEqual(pairsOf(answer), []);
        }
      }
    },
  },
  {
    id: "durability/dequeue/waits-for-what-comes",
    rule: "Who waits is handed what comes meanwhile, once.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a"]);
      const peer = await ctx.peer();
      const waiting = dequeue(ctx, { waitMs: 1_000 });
      await enqueue(ctx, message("m"), ["a"], { at: peer });
      const handed = await within(ctx.subject.patienceMs, "dequeue", waiting);
      await ack(ctx, handed);
      await expectHanded(ctx, handed.length > 0 ? [] : [pair("m", "a")]);
    },
  },
  {
    id: "durability/dequeue/given-up-takes-nothing",
    rule: "Once a dequeue that waits has been given up, what is enqueued later is left for others.",
    slot: "durability",
    async run(ctx) {
      await attach(ctx, ["a"]);
      const caller = new AbortController();
      const options = { max: 10, maxPerIdentity: 10, waitMs: 10_000, leaseMs: ctx.backend.traits.maxLeaseMs };
      const waiting = ctx.backend.dequeue(SESSION, options, { signal: caller.signal });
      caller.abort();
      await within(ctx.subject.patienceMs, "dequeue", Promise.allSettled([waiting]));
      await enqueue(ctx, message("m"), ["a"], { at: await ctx.peer() });
      await expectHanded(ctx, [pair("m", "a")]);
    },
  },
  {
    id: "durability/dequeue/lease-ends",
    rule: "What nobody has settled when its lease ends is handed out again, under another receipt, with one attempt more.",
    slot: "durability",
    applies: ({ traits }) => traits.lease === "message",
    async run(ctx) {
      await attach(ctx, ["a", "b"]);
      await enqueue(ctx, message("m"), ["a"]);
      await enqueue(ctx, message("n"), ["b"]);
      const first = await take(ctx, 2, { leaseMs: shortLease(ctx) });
      const again = await take(ctx, 2, { at: await ctx.peer() });
      assert.deepEqual(pairsOf(again).toSorted(), pairsOf(first).toSorted());
      for (const one of again) {
        assert.equal(one.attempt, 2, "attempt");
        assert.equal(one.text, `text of ${one.id}`);
        assert.ok(!first.some(({ receipt }) => receipt === one.receipt), "another receipt");
      }
    },
  },
  {
    id: "durability/dequeue/lease-lasts",
    rule: "A lease does not end before its time.",
    slot: "durability",
    applies: ({ traits }) => traits.lease === "message",
    async run(ctx) {
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("m"), ["a"]);
      const leaseMs = 3 * shortLease(ctx);
      const start = performance.now();
      await takeOne(ctx, { leaseMs });
      const endsAt = start + leaseMs; // Or later: it began after that.
      await ctx.eventually(async () => {
        const [again] = await dequeue(ctx);
        if (again) assert.fail(`it is handed out again ${(endsAt - performance.now()).toFixed(0)} ms early`);
        assert.ok(performance.now() > endsAt - shortLease(ctx) / 2, "time passes");
      });
    },
  },
];
