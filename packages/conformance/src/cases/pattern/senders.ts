/** Senders that repeat themselves, or die over what they send: what is completed, and what is not doubled. */

import assert from "node:assert/strict";
import { type BatchFailure, isMusterError } from "@muster/core/slots";
import type { PatternCase } from "../../case.ts";
import { DURABLE, EXACTLY } from "../../pattern/composition.ts";
import { hasTracking, patternCases } from "../../pattern/pattern-case.ts";
import { countsOf } from "./support.ts";

const KEPT = [DURABLE, EXACTLY];
const IDENTITIES = ["a", "b", "c", "d", "e", "f"];

export const senderCases: readonly PatternCase[] = [
  ...patternCases(
    KEPT,
    "resent",
    "A multicast whose sender died in the middle is completed by `resend`: whoever had it gets it no second time, and the report covers everyone.",
    async (scene) => {
      const receiver = await scene.process();
      for (const identity of IDENTITIES) await scene.register(receiver, identity);
      const dead = scene.gate();
      const sender = await scene.process({
        durability: (real) => ({
          async enqueueMany(message, targets, ...rest): Promise<readonly BatchFailure[]> {
            await real.enqueueMany(message, targets.slice(0, 2), ...rest);
            await dead.passed();
            return [];
          },
        }),
      });
      scene.send(sender, null, "x").catch(() => {}); // It never hears of it.
      await scene.ctx.eventually(() => assert.equal(scene.handled("x").length, 2));
      const id = scene.seen[0]?.id ?? "";
      assert.deepEqual(countsOf(await receiver.resend(id)), { delivered: 6 });
      await scene.assertHandled("x", IDENTITIES);
      assert.deepEqual(countsOf(await receiver.resend(id)), { delivered: 6 }, "once more");
      await scene.assertHandled("x", IDENTITIES);
      assert.equal(scene.seen.length, IDENTITIES.length, "calls of handlers");
    },
    hasTracking,
  ),
  ...patternCases(
    KEPT,
    "same-key",
    "Two processes that send the same under one idempotency key have sent it once, and both are told what became of it.",
    async (scene) => {
      const [one, two] = [await scene.process(), await scene.process()];
      for (const identity of IDENTITIES) await scene.register(one, identity);
      const options = { idempotencyKey: "order 7" };
      const first = await Promise.all([scene.send(one, null, "x", options), scene.send(two, null, "x", options)]);
      assert.equal(new Set(first.map(({ id }) => id)).size, 1, "one id");
      // Whoever comes second may be told what has become of it by then.
      for (const { deliveredCount, pendingCount } of first) assert.equal(deliveredCount + pendingCount, 6);
      await scene.assertHandled("x", IDENTITIES);
      await scene.ctx.eventually(async () => {
        const { id, ...report } = await scene.send(two, null, "x", options);
        assert.deepEqual([id, countsOf(report)], [first[0]?.id, { delivered: 6 }]);
      });
      assert.equal(scene.seen.length, IDENTITIES.length, "calls of handlers");
    },
    hasTracking,
  ),
  ...patternCases(
    KEPT,
    "same-key-other-content",
    "Under a key that stands for something else nothing is sent: IDEMPOTENCY_CONFLICT.",
    async (scene) => {
      const [one, two] = [await scene.process(), await scene.process()];
      await scene.register(one, "a");
      await scene.register(one, "b");
      const options = { idempotencyKey: "order 7" };
      await scene.send(one, null, "x", options);
      const others = [scene.send(two, null, "y", options), scene.send(two, ["a"], "x", options)];
      for (const { status, ...outcome } of await Promise.allSettled(others)) {
        assert.equal(status, "rejected");
        assert.ok("reason" in outcome && isMusterError(outcome.reason, "IDEMPOTENCY_CONFLICT"));
      }
      await scene.send(two, null, "z", { idempotencyKey: "order 8" });
      await scene.assertHandled("z", ["a", "b"]);
      await scene.assertHandled("x", ["a", "b"]);
      assert.deepEqual(scene.handledBy("y"), []);
    },
    hasTracking,
  ),
];
