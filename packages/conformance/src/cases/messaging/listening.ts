/** When an inbox listens: from the moment adding has resolved until removing has. */

import assert from "node:assert/strict";
import type { MessagingCase } from "../../case.ts";
import { add, arrived, expectTexts, listen, message, publish, remove } from "./support.ts";

const ROUNDS = 24;

const live: MessagingCase = {
  id: "messaging/listening/live-once-resolved",
  rule: "What another process publishes to an address after addMany has resolved arrives.",
  slot: "messaging",
  async run(ctx) {
    const peer = await ctx.peer();
    const listener = await listen(ctx, []);
    for (let round = 0; round < ROUNDS; round += 1) {
      await add(ctx, listener, [`round-${round}`]);
      await publish(ctx, [message(`round-${round}`, String(round))], peer);
    }
    await arrived(ctx, listener, ROUNDS);
    assert.equal(new Set(listener.texts).size, ROUNDS);
  },
};

const allLive: MessagingCase = {
  id: "messaging/listening/every-address-of-a-batch",
  rule: "Once addMany has resolved, every address of its batch is live.",
  slot: "messaging",
  async run(ctx) {
    const peer = await ctx.peer();
    const addresses = Array.from({ length: 100 }, (_, index) => `address-${index}`);
    const listener = await listen(ctx, addresses);
    for (let start = 0; start < addresses.length; start += peer.traits.maxBatch) {
      const batch = addresses.slice(start, start + peer.traits.maxBatch);
      await publish(
        ctx,
        batch.map((address) => message(address, address)),
        peer,
      );
    }
    await expectTexts(ctx, listener, addresses, peer);
  },
};

const addedTwice: MessagingCase = {
  id: "messaging/listening/adding-twice-is-once",
  rule: "An address that was added twice, in one batch or in two, delivers each message once.",
  slot: "messaging",
  applies: ({ traits }) => traits.delivery === "at-most-once",
  async run(ctx) {
    const listener = await listen(ctx, ["a", "b", "a"]);
    await add(ctx, listener, ["a"]);
    await publish(ctx, [message("a", "1")]);
    await publish(ctx, [message("a", "2")]);
    await expectTexts(ctx, listener, ["1", "2"]);
  },
};

const removedOnce: MessagingCase = {
  id: "messaging/listening/removing-undoes-adding-twice",
  rule: "Removing an address once is enough, however often it was added.",
  slot: "messaging",
  async run(ctx) {
    const peer = await ctx.peer();
    const listener = await listen(ctx, ["a", "a"]);
    await add(ctx, listener, ["a"]);
    await remove(ctx, listener, ["a"]);
    await peer.publishMany([message("a", "after")], ctx.call);
    await expectTexts(ctx, listener, [], peer);
  },
};

const gone: MessagingCase = {
  id: "messaging/listening/nothing-after-removal",
  rule: "What another process publishes to an address after removeMany has resolved does not arrive.",
  slot: "messaging",
  async run(ctx) {
    const peer = await ctx.peer();
    const listener = await listen(ctx, ["stays"]);
    for (let round = 0; round < ROUNDS; round += 1) {
      await add(ctx, listener, [`round-${round}`]);
      await remove(ctx, listener, [`round-${round}`]);
      await peer.publishMany([message(`round-${round}`, String(round))], ctx.call);
    }
    await expectTexts(ctx, listener, [], peer);
  },
};

const othersStay: MessagingCase = {
  id: "messaging/listening/removal-leaves-the-others",
  rule: "Removing an address leaves the other addresses of the inbox, and other inboxes on the same address, as they are.",
  slot: "messaging",
  async run(ctx) {
    const [listener, other] = [await listen(ctx, ["a", "ab", "b"]), await listen(ctx, ["a"])];
    await remove(ctx, listener, ["a"]);
    await ctx.backend.publishMany([message("a", "1"), message("ab", "2"), message("b", "3")], ctx.call);
    await expectTexts(ctx, listener, ["2", "3"]);
    await expectTexts(ctx, other, ["1"]);
  },
};

const unknown: MessagingCase = {
  id: "messaging/listening/removing-the-unknown",
  rule: "Removing an address that was never added, or not any more, is no failure.",
  slot: "messaging",
  async run(ctx) {
    const listener = await listen(ctx, ["a", "b"]);
    assert.deepEqual(await listener.inbox.removeMany(["never"], ctx.call), []);
    assert.deepEqual(await listener.inbox.removeMany(["a", "never", "a"], ctx.call), []);
    assert.deepEqual(await listener.inbox.removeMany(["a"], ctx.call), []);
    await publish(ctx, [message("b", "still there")]);
    await expectTexts(ctx, listener, ["still there"]);
  },
};

const again: MessagingCase = {
  id: "messaging/listening/again-after-removal",
  rule: "An address that was removed is live once it has been added again, and delivers each message once.",
  slot: "messaging",
  applies: ({ traits }) => traits.delivery === "at-most-once",
  async run(ctx) {
    const peer = await ctx.peer();
    const listener = await listen(ctx, ["a"]);
    for (let round = 0; round < 5; round += 1) {
      await remove(ctx, listener, ["a"]);
      await add(ctx, listener, ["a"]);
      await publish(ctx, [message("a", String(round))], peer);
    }
    await expectTexts(ctx, listener, ["0", "1", "2", "3", "4"], peer);
  },
};

const without: MessagingCase = {
  id: "messaging/listening/nothing-without-addresses",
  rule: "An inbox receives nothing as long as it has no addresses.",
  slot: "messaging",
  async run(ctx) {
    const listener = await listen(ctx, []);
    const other = await listen(ctx, ["a"]);
    await publish(ctx, [message("a", "for the other")]);
    await arrived(ctx, other, 1);
    await expectTexts(ctx, listener, []);
  },
};

const nothingToDo: MessagingCase = {
  id: "messaging/listening/empty-batches",
  rule: "Adding or removing no addresses at all is complete success.",
  slot: "messaging",
  async run(ctx) {
    const { inbox } = await listen(ctx, ["a"]);
    assert.deepEqual(await inbox.addMany([], ctx.call), []);
    assert.deepEqual(await inbox.removeMany([], ctx.call), []);
    await publish(ctx, [message("a")]);
  },
};

const shared: MessagingCase = {
  id: "messaging/listening/every-inbox-on-an-address",
  rule: "Every inbox on an address receives each message, in one process and in several.",
  slot: "messaging",
  async run(ctx) {
    const peer = await ctx.peer();
    const listeners = [await listen(ctx, ["a"]), await listen(ctx, ["a"]), await listen(ctx, ["a"], { at: peer })];
    const texts = Array.from({ length: 12 }, (_, index) => String(index));
    for (const text of texts) await publish(ctx, [message("a", text)]);
    for (const listener of listeners) await expectTexts(ctx, listener, texts);
  },
};

export const listeningCases: readonly MessagingCase[] = [
  ...[live, allLive, addedTwice, removedOnce, gone, othersStay],
  ...[unknown, again, without, nothingToDo, shared],
];
