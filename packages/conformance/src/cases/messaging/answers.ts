/** What publishMany answers: nothing but failures, each with its place in the batch. */

import assert from "node:assert/strict";
import type { MessagingCase } from "../../case.ts";
import { codesOf, expectTexts, listen, message, publish, refused } from "./support.ts";

const LARGEST_BATCH = 20_000;

const nothing: MessagingCase = {
  id: "messaging/answer/nothing-failed",
  rule: "When every message was accepted the answer is empty.",
  slot: "messaging",
  async run(ctx) {
    const listener = await listen(ctx, ["a", "b"]);
    assert.deepEqual(await ctx.backend.publishMany([message("a", "1")], ctx.call), []);
    assert.deepEqual(await ctx.backend.publishMany([message("b", "2"), message("a", "3")], ctx.call), []);
    await expectTexts(ctx, listener, ["1", "2", "3"]);
  },
};

const emptyBatch: MessagingCase = {
  id: "messaging/answer/empty-batch",
  rule: "Publishing nothing is complete success.",
  slot: "messaging",
  async run(ctx) {
    assert.deepEqual(await ctx.backend.publishMany([], ctx.call), []);
  },
};

const unconfirmed: MessagingCase = {
  id: "messaging/answer/not-asked-for",
  rule: "What was published without a wish to know the broker's answer has been sent when a later batch, be it empty, is answered.",
  slot: "messaging",
  async run(ctx) {
    const peer = await ctx.peer();
    const listener = await listen(ctx, ["a", "b"], { at: peer });
    const texts = Array.from({ length: 20 }, (_, index) => String(index));
    for (const text of texts) {
      const batch = [message(Number(text) % 2 === 0 ? "a" : "b", text)];
      assert.deepEqual(await ctx.backend.publishMany(batch, ctx.call, { confirm: false }), []);
    }
    assert.deepEqual(await ctx.backend.publishMany([], ctx.call), []);
    await ctx.backend.close();
    await expectTexts(ctx, listener, texts, peer);
  },
};

const noRoute: MessagingCase = {
  id: "messaging/answer/no-route",
  rule: "Where it reports missing receivers, each message that nobody listens for fails with NO_ROUTE at its own index, in ascending order.",
  slot: "messaging",
  applies: ({ traits }) => traits.reportsNoReceiver && traits.maxBatch >= 7,
  async run(ctx) {
    const peer = await ctx.peer();
    await listen(ctx, ["a"], { at: peer });
    const batch = ["none-0", "a", "none-2", "none-3", "a", "a", "none-6"].map((address) => message(address));
    const failures = await ctx.backend.publishMany(batch, ctx.call);
    assert.deepEqual(codesOf(failures), [
      [0, "NO_ROUTE"],
      [2, "NO_ROUTE"],
      [3, "NO_ROUTE"],
      [6, "NO_ROUTE"],
    ]);
    for (const { error } of failures) assert.equal(error.mayHaveApplied, false, "nobody can have got it");
  },
};

const others: MessagingCase = {
  id: "messaging/answer/one-failure-is-one",
  rule: "A message without a receiver keeps none of the others in its batch from arriving.",
  slot: "messaging",
  applies: ({ traits }) => traits.maxBatch >= 5,
  async run(ctx) {
    const listener = await listen(ctx, ["a"], { at: await ctx.peer() });
    const batch = [message("none"), message("a", "1"), message("none"), message("a", "3"), message("none")];
    const failures = await ctx.backend.publishMany(batch, ctx.call);
    assert.deepEqual(
      failures.filter(({ index }) => index === 1 || index === 3),
      [],
      "failures of messages that have a receiver",
    );
    await expectTexts(ctx, listener, ["1", "3"]);
  },
};

const accepted: MessagingCase = {
  id: "messaging/answer/no-receiver-is-accepted",
  rule: "Where it does not report missing receivers, a message that nobody listens for is accepted.",
  slot: "messaging",
  applies: ({ traits }) => !traits.reportsNoReceiver && traits.maxBatch >= 2,
  async run(ctx) {
    await listen(ctx, ["a"]);
    await publish(ctx, [message("none"), message("a")]);
    await publish(ctx, [message("none")]);
  },
};

const removedHasNoRoute: MessagingCase = {
  id: "messaging/answer/no-route-after-removal",
  rule: "Where it reports missing receivers, an address that its last inbox has removed, or that died with it, has none.",
  slot: "messaging",
  applies: ({ traits }) => traits.reportsNoReceiver && traits.maxBatch >= 2,
  async run(ctx) {
    const peer = await ctx.peer();
    const [first, second] = [await listen(ctx, ["a", "b"]), await listen(ctx, ["a"])];
    assert.deepEqual(await first.inbox.removeMany(["a", "b"], ctx.call), []);
    const failures = await peer.publishMany([message("a"), message("b")], ctx.call);
    assert.deepEqual(codesOf(failures), [[1, "NO_ROUTE"]]);
    await second.inbox[Symbol.asyncDispose]();
    assert.deepEqual(codesOf(await peer.publishMany([message("a")], ctx.call)), [[0, "NO_ROUTE"]]);
  },
};

const largestBatch: MessagingCase = {
  id: "messaging/answer/largest-batch",
  rule: "A batch of exactly maxBatch messages is accepted, and all of them arrive.",
  slot: "messaging",
  applies: ({ traits }) => traits.maxBatch <= LARGEST_BATCH,
  async run(ctx) {
    const { maxBatch } = ctx.backend.traits;
    const listener = await listen(ctx, ["a", "b"], { at: await ctx.peer(), prefetch: Math.max(1_024, maxBatch) });
    const batch = Array.from({ length: maxBatch }, (_, index) => message(index % 3 === 0 ? "b" : "a", String(index)));
    await publish(ctx, batch);
    await ctx.eventually(() => assert.equal(new Set(listener.texts).size, maxBatch));
  },
};

const overBatch: MessagingCase = {
  id: "messaging/answer/batch-too-long",
  rule: "A batch of more than maxBatch messages is refused with INVALID_ARGUMENT before anything of it is sent.",
  slot: "messaging",
  applies: ({ traits }) => traits.maxBatch <= LARGEST_BATCH,
  async run(ctx) {
    const listener = await listen(ctx, ["a"]);
    const batch = Array.from({ length: ctx.backend.traits.maxBatch + 1 }, (_, index) => message("a", String(index)));
    const error = await refused(ctx.backend.publishMany(batch, ctx.call), "INVALID_ARGUMENT");
    assert.equal(error.mayHaveApplied, false, "nothing was sent");
    await expectTexts(ctx, listener, []);
  },
};

const traits: MessagingCase = {
  id: "messaging/traits/final",
  rule: "Traits are among those of the contract, and the same after use as when open has resolved.",
  slot: "messaging",
  async run(ctx) {
    const before = { ...ctx.backend.traits };
    assert.ok(["at-most-once", "at-least-once"].includes(before.delivery), `delivery: ${before.delivery}`);
    assert.ok(["none", "per-publisher", "per-address"].includes(before.order), `order: ${before.order}`);
    assert.equal(typeof before.retains, "boolean");
    assert.equal(typeof before.reportsNoReceiver, "boolean");
    for (const limit of [before.maxPayloadBytes, before.maxBatch]) {
      assert.ok(Number.isSafeInteger(limit) && limit >= 1, `a limit is a whole number from 1, not ${limit}`);
    }
    const listener = await listen(ctx, ["a"]);
    await publish(ctx, [message("a", "1")]);
    await expectTexts(ctx, listener, ["1"]);
    assert.deepEqual({ ...ctx.backend.traits }, before);
    assert.deepEqual({ ...(await ctx.peer()).traits }, before, "a second client's");
  },
};

export const answerCases: readonly MessagingCase[] = [
  ...[nothing, emptyBatch, unconfirmed, noRoute, others, accepted],
  ...[removedHasNoRoute, largestBatch, overBatch, traits],
];
