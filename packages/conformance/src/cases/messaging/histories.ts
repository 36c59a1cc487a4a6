/** Runs with several publishers and inboxes, judged as a whole by the history checker. */

import assert from "node:assert/strict";
import type { MessagingBackend } from "@muster/core/slots";
import type { MessagingCase, MessagingContext } from "../../case.ts";
import { Recording } from "./recording.ts";

const ADDRESSES = ["a", "a.b", "b", "c"] as const;
const BATCHES = 12;

function someAddresses({ random }: MessagingContext, atMost: number): readonly string[] {
  const count = 1 + Math.floor(random() * atMost);
  return Array.from({ length: count }, () => ADDRESSES[Math.floor(random() * ADDRESSES.length)] ?? "a");
}

function mostInABatch({ backend }: MessagingContext): number {
  return Math.min(6, backend.traits.maxBatch);
}

/** Several batches, one after the other. */
async function publishSeveral(
  ctx: MessagingContext,
  recording: Recording,
  publisher: string,
  from: MessagingBackend,
): Promise<void> {
  for (let batch = 0; batch < BATCHES; batch += 1) {
    await recording.publish(publisher, from, someAddresses(ctx, mostInABatch(ctx)));
  }
}

/** Three processes, each of which publishes several batches, all at once. */
async function publishFromEverywhere(
  ctx: MessagingContext,
  recording: Recording,
): Promise<readonly MessagingBackend[]> {
  const publishers = [ctx.backend, await ctx.peer(), await ctx.peer()];
  await Promise.all(publishers.map(async (from, index) => publishSeveral(ctx, recording, publisherAt(index), from)));
  return publishers;
}

function publisherAt(index: number): string {
  return `publisher ${index}`;
}

/** Three inboxes in two processes; every address has one at least, and some have several. */
async function listenEverywhere(ctx: MessagingContext, recording: Recording): Promise<void> {
  const peer = await ctx.peer();
  await (await recording.openInbox("north", ctx.backend)).add("a", "b");
  await (await recording.openInbox("south", ctx.backend)).add("a", "a.b");
  await (await recording.openInbox("west", peer)).add("c", "b", "a.b", "a");
}

function assertAccepted({ events }: Recording): void {
  const refused = events.filter((event) => event.kind === "answer" && event.outcome !== "accepted");
  assert.deepEqual(refused, [], "what has a live inbox is accepted");
}

const several: MessagingCase = {
  id: "messaging/history/several-publishers",
  rule: "With several publishers and inboxes at once nothing is lost, doubled beyond the trait, out of order beyond the trait, or elsewhere.",
  slot: "messaging",
  async run(ctx) {
    const recording = new Recording(ctx);
    await listenEverywhere(ctx, recording);
    await publishFromEverywhere(ctx, recording);
    assertAccepted(recording);
    await recording.verify();
  },
};

const concurrent: MessagingCase = {
  id: "messaging/history/concurrent-batches",
  rule: "Batches that one publisher publishes at once are all delivered, each in its own order.",
  slot: "messaging",
  async run(ctx) {
    const recording = new Recording(ctx);
    await listenEverywhere(ctx, recording);
    const batches = Array.from({ length: 20 }, () => someAddresses(ctx, mostInABatch(ctx)));
    await Promise.all(batches.map(async (batch) => recording.publish("the publisher", ctx.backend, batch)));
    assertAccepted(recording);
    await recording.verify();
  },
};

const coming: MessagingCase = {
  id: "messaging/history/coming-and-going",
  rule: "While inboxes begin and stop listening, each receives what is published while it listens, and nothing from before or after.",
  slot: "messaging",
  async run(ctx) {
    const recording = new Recording(ctx);
    const peer = await ctx.peer();
    const [steady, restless] = [await recording.openInbox("steady", peer), await recording.openInbox("restless", peer)];
    await steady.add(...ADDRESSES);
    let isOver = false;
    const publishing = [ctx.backend, await ctx.peer()].map(async (from, index) => {
      while (!isOver) await recording.publish(publisherAt(index), from, someAddresses(ctx, mostInABatch(ctx)));
    });
    for (let round = 0; round < 8; round += 1) {
      const address = ADDRESSES[round % 3] ?? "a";
      await restless.add(address);
      await recording.publish("publisher of the round", ctx.backend, [address]);
      await restless.remove(address);
      await recording.publish("publisher of the round", ctx.backend, [address]);
    }
    isOver = true;
    await Promise.all(publishing);
    await recording.verify(["closing"]);
  },
};

const perPublisher: MessagingCase = {
  id: "messaging/order/per-publisher",
  rule: "Where order is per publisher, what one publisher publishes arrives in that order, within a batch and across batches and addresses.",
  slot: "messaging",
  applies: ({ traits }) => traits.order === "per-publisher",
  async run(ctx) {
    const recording = new Recording(ctx);
    await listenEverywhere(ctx, recording);
    for (let batch = 0; batch < BATCHES; batch += 1)
      await recording.publish("the publisher", ctx.backend, ADDRESSES.slice(0, 1));
    await publishSeveral(ctx, recording, "the publisher", ctx.backend);
    await recording.verify();
  },
};

const perAddress: MessagingCase = {
  id: "messaging/order/per-address",
  rule: "Where order is per address, all inboxes get the messages on an address in one order, which is that of publishing.",
  slot: "messaging",
  applies: ({ traits }) => traits.order === "per-address",
  async run(ctx) {
    const recording = new Recording(ctx);
    await listenEverywhere(ctx, recording);
    const publishers = await publishFromEverywhere(ctx, recording);
    for (const [index, from] of publishers.entries()) await recording.publish(publisherAt(index), from, ADDRESSES);
    await recording.verify();
  },
};

export const historyCases: readonly MessagingCase[] = [several, concurrent, coming, perPublisher, perAddress];
