/** What happens when nobody reaches the server for a while. */

import assert from "node:assert/strict";
import { type DisposableCall, isMusterError, linkCall, type MessagingBackend } from "@muster/core/slots";
import type { MessagingCase, MessagingContext } from "../../case.ts";
import type { Subject } from "../../subject.ts";
import { canFreeze, FROZEN_CALL_MS, whileFrozen } from "../lifecycle/freezes.ts";
import { canRestart } from "../lifecycle/restarts.ts";
import { Recording } from "./recording.ts";
import { arrived, expectTexts, listen, message } from "./support.ts";

const SHORT_MS = 1_000;

/** For what may hang while the server is gone. */
function shortCall(ctx: MessagingContext): DisposableCall {
  return linkCall({ signal: ctx.call.signal, timeoutMs: SHORT_MS }, SHORT_MS, "conformance");
}

function canBeCut(_backend: MessagingBackend, { faults }: Subject): boolean {
  return faults !== undefined;
}

/** Cuts the server off, does something, and lets it be reached again whatever comes of that. */
async function whileCut(ctx: MessagingContext, work: () => Promise<void>): Promise<void> {
  await ctx.subject.faults?.cut();
  try {
    await work();
  } finally {
    await ctx.subject.faults?.heal();
  }
}

const told: MessagingCase = {
  id: "messaging/route/down-and-up",
  rule: "onRoute is told down when the addresses have stopped being live and up when they are again, in turns, and nothing before.",
  slot: "messaging",
  applies: canBeCut,
  async run(ctx) {
    const states: string[] = [];
    await listen(ctx, ["a", "b"], { onRoute: (state) => void states.push(state) });
    assert.deepEqual(states, [], "before the fault");
    await whileCut(ctx, async () => {
      await ctx.eventually(() => assert.deepEqual(states, ["down"]));
    });
    await ctx.eventually(() => assert.deepEqual(states, ["down", "up"]));
  },
};

const liveAgain: MessagingCase = {
  id: "messaging/route/live-when-up",
  rule: "Once onRoute has told up, what anyone publishes to any of the addresses arrives.",
  slot: "messaging",
  applies: canBeCut,
  async run(ctx) {
    const peer = await ctx.peer();
    const addresses = Array.from({ length: 10 }, (_, index) => `address-${index}`);
    let state = "never down";
    const listener = await listen(ctx, addresses, { onRoute: (now) => void (state = now) });
    await whileCut(ctx, async () => {
      await ctx.eventually(() => assert.equal(state, "down"));
    });
    await ctx.eventually(() => assert.equal(state, "up"));
    for (const address of addresses) {
      // The publisher may still be on its way back; an answer means that it is there.
      const failures = await ctx.eventually(async () => {
        using call = shortCall(ctx);
        return await peer.publishMany([message(address, address)], call);
      });
      assert.deepEqual(failures, [], "what is published to a live address is accepted");
    }
    await arrived(ctx, listener, addresses.length);
    assert.deepEqual([...new Set(listener.texts)].toSorted(), addresses.toSorted());
  },
};

const failsWhileCut: MessagingCase = {
  id: "messaging/route/publishing-while-cut",
  rule: "While nobody reaches the server nothing counts as accepted: publishing rejects with UNAVAILABLE or TIMEOUT, or fails message by message.",
  slot: "messaging",
  applies: canBeCut,
  async run(ctx) {
    await listen(ctx, ["a"]);
    await whileCut(ctx, async () => {
      using call = shortCall(ctx);
      const failures = await ctx.backend.publishMany([message("a")], call).catch((error: unknown) => {
        assert.ok(isMusterError(error) && error.retryable, `expected UNAVAILABLE or TIMEOUT, got ${String(error)}`);
        return [{ index: 0 }];
      });
      assert.deepEqual(
        failures.map(({ index }) => index),
        [0],
      );
    });
  },
};

const throughout: MessagingCase = {
  id: "messaging/route/history-across-a-cut",
  rule: "A cut may lose what was published before its end, but doubles nothing, delivers nothing that was refused, and loses nothing later.",
  slot: "messaging",
  applies: canBeCut,
  async run(ctx) {
    const recording = new Recording(ctx);
    const peer = await ctx.peer();
    let state = "up";
    const inbox = await recording.openInbox("the inbox", ctx.backend, (now) => void (state = now));
    await inbox.add("a", "b");
    const publish = async (): Promise<void> => {
      using call = shortCall(ctx);
      await recording.publish("the publisher", peer, ["a", "b"].slice(0, peer.traits.maxBatch), call);
    };
    for (let batch = 0; batch < 5; batch += 1) await publish();
    recording.fault("cut", "begins");
    await whileCut(ctx, async () => {
      await ctx.eventually(() => assert.equal(state, "down"));
      for (let batch = 0; batch < 2; batch += 1) await publish();
    });
    await ctx.eventually(() => assert.equal(state, "up"));
    recording.fault("cut", "ends");
    for (let batch = 0; batch < 5; batch += 1) await publish();
    await ctx.eventually(async () => {
      await publish();
      assert.equal(recording.events.findLast((event) => event.kind === "answer")?.outcome, "accepted");
    });
    await recording.verify(["fault"]);
  },
};

const acrossFreeze: MessagingCase = {
  id: "messaging/route/history-across-a-freeze",
  rule: "A freeze doubles nothing, delivers nothing that was refused, and loses nothing unless an inbox says that its route was down.",
  slot: "messaging",
  applies: canFreeze,
  async run(ctx) {
    const recording = new Recording(ctx);
    const peer = await ctx.peer();
    const states: string[] = [];
    const inbox = await recording.openInbox("the inbox", ctx.backend, (now) => void states.push(now));
    await inbox.add("a", "b");
    const publish = async (timeoutMs: number): Promise<string | undefined> => {
      using call = linkCall({ signal: ctx.call.signal, timeoutMs }, timeoutMs, "conformance");
      await recording.publish("the publisher", peer, ["a", "b"].slice(0, peer.traits.maxBatch), call);
      return recording.events.findLast((event) => event.kind === "answer")?.outcome;
    };
    for (let batch = 0; batch < 5; batch += 1) await publish(SHORT_MS);
    recording.fault("freeze", "begins");
    await whileFrozen(ctx, async () => {
      for (let batch = 0; batch < 2; batch += 1) assert.equal(await publish(FROZEN_CALL_MS), "unknown");
    });
    await ctx.eventually(async () => assert.equal(await publish(SHORT_MS), "accepted"));
    await ctx.eventually(() => assert.notEqual(states.at(-1), "down"));
    recording.fault("freeze", "ends");
    for (let batch = 0; batch < 5; batch += 1) assert.equal(await publish(SHORT_MS), "accepted");
    await recording.verify(states.length > 0 ? ["fault"] : []);
    assert.deepEqual(
      states,
      states.map((_, index) => (index % 2 === 0 ? "down" : "up")),
      "in turns",
    );
  },
};

const acrossRestart: MessagingCase = {
  id: "messaging/route/live-after-a-restart",
  rule: "When the server is killed and started again every inbox is told down and then up, and all its addresses are live again.",
  slot: "messaging",
  applies: canRestart,
  async run(ctx) {
    const addresses = Array.from({ length: 10 }, (_, index) => `address-${index}`);
    const states: string[][] = [[], []];
    const listeners = [];
    for (const told of states) listeners.push(await listen(ctx, addresses, { onRoute: (now) => void told.push(now) }));
    await ctx.subject.faults?.restart?.();
    for (const told of states) await ctx.eventually(() => assert.deepEqual(told, ["down", "up"]));
    const peer = await ctx.eventually(async () => ctx.peer());
    for (const address of addresses) {
      const failures = await peer.publishMany([message(address, address)], ctx.call);
      assert.deepEqual(failures, [], "what is published to a live address is accepted");
    }
    for (const listener of listeners) await expectTexts(ctx, listener, addresses, peer);
  },
};

export const routeCases: readonly MessagingCase[] = [
  ...[told, liveAgain, failsWhileCut, throughout],
  ...[acrossFreeze, acrossRestart],
];
