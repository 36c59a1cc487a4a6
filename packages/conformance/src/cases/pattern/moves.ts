/** Identities that change their process while something is on its way to them. */

import assert from "node:assert/strict";
import type { PatternCase } from "../../case.ts";
import { ACKNOWLEDGED, ATMOST, DURABLE, EXACTLY } from "../../pattern/composition.ts";
import { fencesByEpoch, hasTracking, patternCase, patternCases } from "../../pattern/pattern-case.ts";
import { countsOf, postman, senderThat } from "./support.ts";

const ALL = [ATMOST, ACKNOWLEDGED, DURABLE, EXACTLY];
const STRONG = [ACKNOWLEDGED, DURABLE, EXACTLY];
const KEPT = [DURABLE, EXACTLY];
const ROUNDS = 8;

export const moveCases: readonly PatternCase[] = [
  ...patternCases(
    STRONG,
    "moved-before-it-left",
    "An identity that has moved between being resolved and being sent to handles the message where it is now, once.",
    async (scene) => {
      const [before, after] = [await scene.process(), await scene.process()];
      const moved = scene.gate();
      const sender = await senderThat(scene, async () => {
        await scene.register(after, "nomad", { replace: true, by: "after" });
        // By messaging its former process would handle it until it is told, and rightly so.
        if (scene.ctx.backend.messaging !== undefined) await moved.passed();
      });
      const old = await scene.register(before, "nomad", { by: "before" });
      using _listening = old.on("lost", moved.open);
      assert.deepEqual(countsOf(await scene.send(sender, ["nomad"], "a")), { delivered: 1 });
      await scene.assertHandled("a", ["nomad"]);
      assert.deepEqual(
        scene.seen.map(({ by }) => by),
        ["after"],
      );
    },
  ),
  patternCase(
    ATMOST,
    "moved-before-it-left",
    "At most once, what was sent to one life of an identity is never handed to the next one.",
    async (scene) => {
      const receiver = await scene.process();
      const sender = await senderThat(scene, async () => {
        await scene.register(receiver, "nomad", { replace: true, by: "after" });
      });
      await scene.register(receiver, "nomad", { by: "before" });
      await scene.send(sender, ["nomad"], "a");
      await scene.send(sender, ["nomad"], "b");
      await scene.assertHandled("b", ["nomad"]);
      assert.deepEqual(scene.handledBy("a"), []);
    },
  ),
  ...patternCases(
    ALL,
    "replaced",
    "Whoever is replaced is told so and handles nothing more; the next message goes to its successor alone.",
    async (scene) => {
      const [before, after] = [await scene.process(), await scene.process()];
      const old = await scene.register(before, "nomad", { by: "before" });
      const lost: string[] = [];
      using _listening = old.on("lost", ({ reason }) => lost.push(reason));
      await scene.register(after, "nomad", { replace: true, by: "after" });
      assert.deepEqual(countsOf(await scene.send(before, null, "a")), { delivered: 1 });
      await scene.assertHandled("a", ["nomad"]);
      assert.deepEqual(
        scene.seen.map(({ by }) => by),
        ["after"],
      );
      await assert.rejects(old.update({ a: 1 }), { code: "FENCED" });
      await scene.ctx.eventually(() => assert.equal(lost.length, 1, "how often it was told"));
    },
  ),
  ...patternCases(
    KEPT,
    "taken-over-while-handled",
    "Whoever takes an identity over is handed at once what its former process still works on; what that one makes of it no longer counts.",
    async (scene) => {
      const [before, after] = [await scene.process(), await scene.process()];
      const slow = scene.gate();
      await scene.register(before, "nomad", { by: "before", behaviour: async () => slow.passed() });
      const sending = scene.send(after, null, "a");
      await scene.ctx.eventually(() => assert.equal(scene.seen.length, 1));
      await scene.register(after, "nomad", { replace: true, by: "after" });
      // Two transactions over one delivery may well wait for each other: whichever commits, it is one.
      if (scene.way === EXACTLY) slow.open();
      assert.deepEqual(countsOf(await sending), { delivered: 1 });
      if (scene.way === EXACTLY) assert.equal(await scene.effects("nomad", "a"), 1, "effects");
      else
        assert.deepEqual(
          scene.handled("a").map(({ by }) => by),
          ["after"],
        );
      slow.open();
      await scene.send(after, null, "b");
      await scene.assertHandled("b", ["nomad"]);
      assert.equal(scene.seen.filter(({ by, text }) => by === "after" && text === "a").length <= 1, true);
    },
    fencesByEpoch,
  ),
  ...patternCases(
    KEPT,
    "unregistered-before-it-left",
    "What is enqueued for a registration that was unregistered meanwhile has failed with UNREGISTERED, and the identity's next life is handed none of it.",
    async (scene) => {
      const receiver = await scene.process();
      const leaving = await scene.register(receiver, "leaving");
      await scene.register(receiver, "staying");
      const sender = await senderThat(scene, async () => {
        assert.equal(await leaving.unregister(), "removed");
      });
      const report = await scene.send(sender, null, "a");
      assert.deepEqual(countsOf(report), { delivered: 1, failed: 1 });
      assert.deepEqual(
        report.statuses.map(({ identity, code }) => [identity, code]),
        [["leaving", "UNREGISTERED"]],
      );
      await scene.register(receiver, "leaving");
      await scene.send(sender, null, "b");
      await scene.assertHandled("b", ["leaving", "staying"]);
      await scene.assertHandled("a", ["staying"]);
    },
  ),
  patternCase(
    ACKNOWLEDGED,
    "unregistered-before-it-left",
    "A message for a registration that was removed meanwhile has failed when the deadline comes, and nobody handles it.",
    async (scene) => {
      const receiver = await scene.process();
      const leaving = await scene.register(receiver, "leaving");
      await scene.register(receiver, "staying");
      const sender = await senderThat(scene, async () => {
        assert.equal(await leaving.unregister(), "removed");
      });
      const report = await scene.send(sender, null, "a", { timeoutMs: scene.shortMs });
      assert.deepEqual(countsOf(report), { delivered: 1, failed: 1 });
      assert.deepEqual(scene.handledBy("a"), ["staying"]);
    },
  ),
  ...patternCases(
    KEPT,
    "unregister-purges",
    "Unregistering ends what is queued, with UNREGISTERED, and the identity's next life is handed none of it.",
    async (scene) => {
      const [sender, receiver] = [await postman(scene), await scene.process()];
      const leaving = await receiver.register("leaving", {});
      const { report } = await sender.post(null, "a", { timeoutMs: scene.shortMs });
      const { id } = await report;
      await leaving.unregister();
      await scene.register(receiver, "leaving");
      assert.deepEqual(countsOf(await scene.send(sender.fleet, null, "b")), { delivered: 1 });
      assert.deepEqual(
        scene.seen.map(({ text }) => text),
        ["b"],
      );
      assert.equal((await sender.fleet.report(id)).statuses[0]?.code, "UNREGISTERED");
    },
    hasTracking,
  ),
  ...patternCases(
    STRONG,
    "attached-later",
    "A message for a registration that nobody has attached a handler to yet is handled as soon as somebody does.",
    async (scene) => {
      const [sender, receiver] = [await scene.process(), await scene.process()];
      const late = await receiver.register("late", {});
      const sending = scene.send(sender, null, "a");
      await late.attach(scene.handler());
      await scene.assertHandled("a", ["late"]);
      const counts = countsOf(await sending);
      if (scene.way === ACKNOWLEDGED) assert.deepEqual(counts, { delivered: 1 });
    },
  ),
  ...patternCases(
    KEPT,
    "racing",
    "While two processes take an identity from each other again and again, nothing that is sent to it gets lost; exactly-once, every effect stands once.",
    async (scene) => {
      const [sender, ...racers] = [await postman(scene), await scene.process(), await scene.process()];
      const texts = Array.from({ length: ROUNDS }, (_, index) => `${index}`);
      const behaviour = async (): Promise<void> => scene.turns(5);
      for (const fleet of racers) await scene.register(fleet, "nomad", { replace: true, behaviour });
      const reports = [];
      for (const text of texts) {
        reports.push((await sender.post(null, text)).report);
        const [first, second] = scene.ctx.random() < 0.5 ? racers : racers.toReversed();
        await Promise.all(
          [first, second].map(async (fleet) => fleet && scene.register(fleet, "nomad", { replace: true, behaviour })),
        );
      }
      for (const report of await Promise.all(reports)) assert.deepEqual(countsOf(report), { delivered: 1 });
      for (const text of texts) {
        assert.ok(scene.handled(text).length > 0, `${text} was handled`);
        if (scene.way === EXACTLY) assert.equal(await scene.effects("nomad", text), 1, `effects of ${text}`);
      }
    },
    fencesByEpoch,
  ),
];
