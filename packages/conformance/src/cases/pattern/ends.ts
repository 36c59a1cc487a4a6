/** Processes that leave in good order, messages that are too old, queues whose owners don't come back. */

import assert from "node:assert/strict";
import type { PatternCase } from "../../case.ts";
import { ACKNOWLEDGED, DURABLE, EXACTLY } from "../../pattern/composition.ts";
import { hasTracking, patternCases } from "../../pattern/pattern-case.ts";
import { countsOf, postman, senderThat } from "./support.ts";

const STRONG = [ACKNOWLEDGED, DURABLE, EXACTLY];
const KEPT = [DURABLE, EXACTLY];

export const endCases: readonly PatternCase[] = [
  ...patternCases(
    STRONG,
    "close-waits-for-handlers",
    "Closing lets the handler that runs finish, and its sender hears of it.",
    async (scene) => {
      const [sender, receiver] = [await scene.process(), await scene.process()];
      const slow = scene.gate();
      await scene.register(receiver, "slow", { behaviour: async () => slow.passed() });
      const report = scene.send(sender, null, "a");
      await scene.ctx.eventually(() => assert.equal(scene.seen.length, 1));
      const closed = receiver.close({ timeoutMs: 4 * scene.patienceMs });
      slow.open();
      await closed;
      assert.deepEqual(countsOf(await report), { delivered: 1 });
      await scene.assertHandled("a", ["slow"]);
    },
  ),
  ...patternCases(
    KEPT,
    "close-gives-back",
    "What a closing process has not handled goes back without counting an attempt, and is handled once by the next one.",
    async (scene) => {
      const [sender, before] = [await postman(scene), await scene.process({ limits: { maxAttempts: 2 } })];
      const texts = ["0", "1", "2", "3", "4"];
      const slow = scene.gate();
      const nomad = await before.register("nomad", {});
      for (const text of texts) await sender.post(null, text);
      // Whatever one dequeue brings is in its hands: the first one runs, the others wait for it.
      await nomad.attach(scene.handler(async () => slow.passed()));
      await scene.ctx.eventually(() => assert.equal(scene.seen.length, 1));
      const closed = before.close({ leave: "offline", timeoutMs: 4 * scene.patienceMs });
      slow.open();
      await closed;
      assert.equal(scene.seen.length, 1, "calls of handlers before the end");
      const after = await scene.process({ limits: { maxAttempts: 2 } });
      await scene.register(after, "nomad", { by: "after" });
      for (const text of texts) await scene.assertHandled(text, ["nomad"]);
      assert.deepEqual(new Set(scene.seen.map(({ attempt }) => attempt)), new Set([1]), "attempts");
    },
  ),
  ...patternCases(
    KEPT,
    "close-keeps-queue",
    "Closing ends the registrations of a process and leaves their queues: whoever registers the identity next, anywhere, is handed what waits.",
    async (scene) => {
      const [sender, before, after] = [await scene.process(), await scene.process(), await scene.process()];
      await before.register("nomad", {});
      assert.deepEqual(countsOf(await scene.send(sender, null, "a", { timeoutMs: scene.shortMs })), { pending: 1 });
      await before.close();
      assert.equal(await sender.get("nomad"), undefined, "its registration has ended");
      await scene.register(after, "nomad");
      await scene.assertHandled("a", ["nomad"]);
    },
  ),
  ...patternCases(
    KEPT,
    "expired",
    "A message that nobody has handled within its TTL has failed with EXPIRED, and whoever comes later is handed none of it.",
    async (scene) => {
      const [sender, receiver] = [await scene.process(), await scene.process()];
      const late = await receiver.register("late", {});
      const { id } = await scene.send(sender, null, "old", { ttlMs: 50, timeoutMs: scene.shortMs });
      await scene.ctx.eventually(async () => assert.equal((await sender.report(id)).statuses[0]?.code, "EXPIRED"));
      assert.deepEqual(countsOf(await sender.report(id)), { failed: 1 });
      await late.attach(scene.handler());
      await scene.send(sender, null, "new");
      await scene.assertHandled("new", ["late"]);
      await scene.assertHandled("old", []);
    },
    hasTracking,
  ),
  ...patternCases(
    KEPT,
    "grace-over",
    "The queue of an identity that has ended is dropped when nobody comes back within its grace: what was in it has failed with EXPIRED.",
    async (scene) => {
      const timing = { queueGraceMs: 100 };
      const [sender, receiver] = [await scene.process({ timing }), await scene.process({ timing })];
      await receiver.register("gone", {});
      const { id } = await scene.send(sender, null, "old", { timeoutMs: scene.shortMs });
      await receiver.close();
      await scene.ctx.eventually(async () => assert.equal((await sender.report(id)).statuses[0]?.code, "EXPIRED"));
      await scene.register(sender, "gone");
      await scene.send(sender, null, "new");
      await scene.assertHandled("new", ["gone"]);
      await scene.assertHandled("old", []);
    },
    hasTracking,
  ),
  ...patternCases(
    KEPT,
    "gone-without-a-trace",
    "What is enqueued for an identity whose record has gone, with nothing left that would ever end its queue, fails with EXPIRED when its own TTL is over.",
    async (scene) => {
      const { registry } = scene.ctx.backend;
      const receiver = await scene.process();
      const { epoch } = await receiver.register("gone", {});
      const sender = await senderThat(scene, async () => {
        const outcomes = await registry.deleteMany([{ identity: "gone", epoch }], scene.ctx.call);
        assert.deepEqual(outcomes, ["deleted"]);
      });
      const { id } = await scene.send(sender, null, "old", { ttlMs: 100, timeoutMs: scene.shortMs });
      await scene.ctx.eventually(async () => assert.equal((await sender.report(id)).statuses[0]?.code, "EXPIRED"));
      await scene.register(sender, "gone");
      await scene.send(sender, null, "new");
      await scene.assertHandled("new", ["gone"]);
      await scene.assertHandled("old", []);
    },
    hasTracking,
  ),
];
