/** What a handler makes of its message, and what its sender is told of that. */

import assert from "node:assert/strict";
import type { PatternCase } from "../../case.ts";
import { ACKNOWLEDGED, DURABLE, EXACTLY } from "../../pattern/composition.ts";
import { hasDeadLetters, patternCase, patternCases } from "../../pattern/pattern-case.ts";
import { countsOf, postman } from "./support.ts";

const STRONG = [ACKNOWLEDGED, DURABLE, EXACTLY];
const KEPT = [DURABLE, EXACTLY];

export const outcomeCases: readonly PatternCase[] = [
  ...patternCases(
    STRONG,
    "rejected",
    "What its handler rejects has failed for good, with REJECTED and the reason, and is not tried again.",
    async (scene) => {
      const [sender, receiver] = [await scene.process(), await scene.process()];
      await scene.register(receiver, "picky", { behaviour: (message) => message.reject("not this one") });
      const report = await scene.send(sender, null, "a");
      assert.deepEqual(countsOf(report), { failed: 1 });
      const [{ code, reason } = {}] = report.statuses;
      assert.deepEqual({ code, reason }, { code: "REJECTED", reason: "not this one" });
      await scene.send(sender, null, "b");
      assert.equal(scene.seen.filter(({ text }) => text === "a").length, 1, "how often it was tried");
    },
  ),
  ...patternCases(
    STRONG,
    "thrown-comes-again",
    "What a handler throws over comes again, as a later attempt, and is delivered when the handler returns.",
    async (scene) => {
      const [sender, receiver] = [await scene.process(), await scene.process()];
      const behaviour = (): void => {
        if (scene.seen.length < 3) throw new Error("not yet");
      };
      await scene.register(receiver, "stubborn", { behaviour });
      assert.deepEqual(countsOf(await scene.send(sender, null, "a")), { delivered: 1 });
      await scene.assertHandled("a", ["stubborn"]);
      const attempts = scene.seen.map(({ attempt }) => attempt);
      assert.equal(attempts.length, 3, "how often it was tried");
      assert.equal(attempts[0], 1);
      if (scene.way !== ACKNOWLEDGED) assert.deepEqual(attempts, [1, 2, 3]);
    },
  ),
  ...patternCases(
    KEPT,
    "tried-out",
    "What a handler throws over as often as `maxAttempts` allows is a dead letter, with the reason of the last try, and is not tried again.",
    async (scene) => {
      const [sender, receiver] = [await scene.process(), await scene.process({ limits: { maxAttempts: 3 } })];
      await scene.register(receiver, "hopeless", {
        behaviour: ({ attempt }) => {
          throw new Error(`try ${attempt}`);
        },
      });
      const report = await scene.send(sender, null, "a");
      assert.deepEqual(countsOf(report), { failed: 1 });
      const [{ code, reason } = {}] = report.statuses;
      assert.deepEqual({ code, reason }, { code: "DEAD_LETTERED", reason: "try 3" });
      await receiver.close();
      assert.equal(scene.seen.length, 3, "how often it was tried");
      if (scene.way === EXACTLY) assert.equal(await scene.effects("hopeless", "a"), 0, "effects of what has failed");
    },
  ),
  ...patternCases(
    KEPT,
    "redriven",
    "A dead letter that is redriven comes under its old id, as never tried, and has its effects once.",
    async (scene) => {
      const [sender, receiver] = [await scene.process(), await scene.process()];
      let isWilling = false;
      const behaviour = (message: { reject(reason: string): void }): void => {
        if (!isWilling) message.reject("not yet");
      };
      await scene.register(receiver, "late", { behaviour });
      const { id } = await scene.send(sender, null, "a");
      const letters = [];
      for await (const letter of sender.deadLetters.list()) letters.push(letter);
      assert.deepEqual(
        letters.map((letter) => [letter.id, letter.identity, letter.code, letter.reason]),
        [[id, "late", "REJECTED", "not yet"]],
      );
      isWilling = true;
      assert.equal(await sender.deadLetters.redrive([{ id, identity: "late" }]), 1);
      await scene.ctx.eventually(() => assert.equal(scene.seen.at(-1)?.state === "handled" && scene.seen.length, 2));
      assert.deepEqual([scene.seen[1]?.id, scene.seen[1]?.attempt], [id, 1]);
      if (scene.way === EXACTLY) {
        await scene.ctx.eventually(async () => assert.equal(await scene.effects("late", "a"), 1, "effects"));
      }
      await scene.ctx.eventually(async () =>
        assert.equal(await sender.deadLetters.redrive([{ id, identity: "late" }]), 0),
      );
    },
    hasDeadLetters,
  ),
  patternCase(
    EXACTLY,
    "thrown-leaves-nothing",
    "Of a try over which the handler throws no effect stands; of the one that succeeds, all do, once.",
    async (scene) => {
      const [sender, receiver] = [await scene.process(), await scene.process()];
      const effectsAtStart: number[] = [];
      const behaviour = async (): Promise<void> => {
        effectsAtStart.push(await scene.effects("stubborn", "a"));
        if (effectsAtStart.length < 4) throw new Error("not yet");
      };
      await scene.register(receiver, "stubborn", { behaviour });
      assert.deepEqual(countsOf(await scene.send(sender, null, "a")), { delivered: 1 });
      assert.deepEqual(effectsAtStart, [0, 0, 0, 0], "effects that stood when it was tried");
      assert.equal(await scene.effects("stubborn", "a"), 1, "effects in the end");
    },
  ),
  ...patternCases(
    KEPT,
    "in-order",
    "Where the queue is fifo, an identity handles what was sent to it in order; one that is tried again holds back those behind it, and those of nobody else.",
    async (scene) => {
      const [sender, receiver] = [await postman(scene), await scene.process()];
      const texts = Array.from({ length: 20 }, (_, index) => `${index}`);
      let isDue = false;
      await scene.register(receiver, "orderly", {
        behaviour: (message) => {
          if (message.text() === "3" && !isDue) throw new Error("not yet");
        },
      });
      await scene.register(receiver, "other");
      const reports = [];
      for (const text of texts) reports.push((await sender.post(null, text)).report);
      await scene.ctx.eventually(() => assert.deepEqual(scene.handledBy("19"), ["other"]));
      isDue = true;
      for (const text of texts) await scene.assertHandled(text, ["orderly", "other"]);
      for (const identity of ["orderly", "other"]) {
        const order = scene.seen.flatMap((one) =>
          one.identity === identity && one.state === "handled" ? one.text : [],
        );
        assert.deepEqual([...new Set(order)], texts, `what ${identity} has handled`);
      }
      for (const report of await Promise.all(reports)) assert.deepEqual(countsOf(report), { delivered: 2 });
    },
    ({ traits }) => traits.order === "fifo",
  ),
  ...patternCases(
    KEPT,
    "longer-than-its-lease",
    "A handler that runs for longer than a lease keeps its message: nobody else is handed it meanwhile.",
    async (scene) => {
      const leaseMs = Math.max(1_000, scene.ctx.backend.durability?.traits.minLeaseMs ?? 0);
      const timing = { handlerLeaseMs: leaseMs };
      const [sender, receiver] = [await scene.process(), await scene.process({ timing, limits: { maxAttempts: 2 } })];
      const slow = scene.gate();
      await scene.register(receiver, "thorough", { behaviour: async () => slow.passed() });
      const report = scene.send(sender, ["thorough"], "a", { timeoutMs: 4 * scene.patienceMs });
      await scene.ctx.eventually(() => assert.equal(scene.seen.length, 1));
      const startedAt = performance.now();
      await scene.register(receiver, "clock");
      for (let turn = 0; performance.now() < startedAt + 2.5 * leaseMs; turn += 1) {
        await scene.send(sender, ["clock"], `turn ${turn}`);
        await scene.turns(20);
        assert.equal(scene.handled("a", "running").length, 1, "handlers at work on it");
      }
      slow.open();
      assert.deepEqual(countsOf(await report), { delivered: 1 });
      await scene.assertHandled("a", ["thorough"]);
      assert.equal(scene.seen.filter(({ text }) => text === "a").length, 1, "how often it was tried");
    },
  ),
];
