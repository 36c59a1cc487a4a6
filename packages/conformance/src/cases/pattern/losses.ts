/** What gets lost, comes twice or is not answered on the way between the slots of two processes. */

import assert from "node:assert/strict";
import { type BatchFailure, MusterError } from "@muster/core/slots";
import type { PatternCase } from "../../case.ts";
import { overridden } from "../../mutant.ts";
import { ACKNOWLEDGED, ATMOST, type Composition, DURABLE, EXACTLY } from "../../pattern/composition.ts";
import { hasTracking, patternCase, patternCases } from "../../pattern/pattern-case.ts";
import type { ProcessOptions } from "../../pattern/process.ts";
import { countsOf } from "./support.ts";

const STRONG = [ACKNOWLEDGED, DURABLE, EXACTLY];
const KEPT = [DURABLE, EXACTLY];

/** Nothing that its process publishes ever leaves, although the broker has taken it. */
const mute: ProcessOptions = { messaging: () => ({ publishMany: async () => [] }) };

/** The first `times` batches of its process never leave. */
function muteFor(times: number): ProcessOptions {
  let left = times;
  return {
    messaging: (real) => ({
      async publishMany(...args): Promise<readonly BatchFailure[]> {
        left -= 1;
        return left >= 0 ? [] : real.publishMany(...args);
      },
    }),
  };
}

function hasMessaging({ messaging }: Composition): boolean {
  return messaging !== undefined;
}

/** Of something that was done. */
function unanswered(): MusterError {
  return new MusterError({ code: "UNAVAILABLE", source: "conformance", message: "no answer", mayHaveApplied: true });
}

/** As it is, and the answer is lost. */
async function losing<T>(work: Promise<T>): Promise<never> {
  await work;
  throw unanswered();
}

export const lossCases: readonly PatternCase[] = [
  ...patternCases(
    KEPT,
    "doorbell-lost",
    "A doorbell that nobody hears costs time and no message: whoever polls finds it.",
    async (scene) => {
      const [sender, receiver] = [await scene.process(mute), await scene.process()];
      await scene.register(receiver, "patient");
      assert.deepEqual(countsOf(await scene.send(sender, null, "a")), { delivered: 1 });
      await scene.assertHandled("a", ["patient"]);
    },
    hasMessaging,
  ),
  ...patternCases(
    KEPT,
    "without-messaging",
    "Durability needs no messaging slot: messages are handled, and their receipts read, all the same.",
    async (scene) => {
      const options = { messaging: "absent" } as const;
      const [sender, receiver] = [await scene.process(options), await scene.process(options)];
      await scene.register(receiver, "patient");
      assert.deepEqual(countsOf(await scene.send(sender, null, "a")), { delivered: 1 });
      await scene.assertHandled("a", ["patient"]);
    },
    hasTracking,
  ),
  ...patternCases(
    KEPT,
    "doorbell-heard",
    "Where there is messaging, a message is handled at once, however seldom its recipient's process polls.",
    async (scene) => {
      const options = { timing: { pollIntervalMs: 600_000 } };
      const [sender, receiver] = [await scene.process(options), await scene.process(options)];
      await scene.register(receiver, "impatient");
      for (const text of ["a", "b", "c"]) {
        assert.deepEqual(countsOf(await scene.send(sender, null, text)), { delivered: 1 });
        await scene.assertHandled(text, ["impatient"]);
      }
    },
    hasMessaging,
  ),
  ...patternCases(
    KEPT,
    "receipt-lost",
    "When what a receiver tells the sender gets lost, the report still says what the store knows.",
    async (scene) => {
      const [sender, receiver] = [await scene.process(), await scene.process(mute)];
      await scene.register(receiver, "handles");
      await scene.register(receiver, "rejects", { behaviour: (message) => message.reject("no") });
      assert.deepEqual(countsOf(await scene.send(sender, null, "a")), { delivered: 1, failed: 1 });
    },
    (composition) => hasMessaging(composition) && hasTracking(composition),
  ),
  patternCase(
    ACKNOWLEDGED,
    "acknowledgement-lost",
    "When an acknowledgement gets lost the message comes again, is not handled again, and is acknowledged again.",
    async (scene) => {
      const [sender, receiver] = [await scene.process(), await scene.process(muteFor(2))];
      await scene.register(receiver, "handles");
      await scene.register(receiver, "rejects", { behaviour: (message) => message.reject("no") });
      assert.deepEqual(countsOf(await scene.send(sender, null, "a")), { delivered: 1, failed: 1 });
      assert.deepEqual(scene.seen.map(({ identity }) => identity).toSorted(), ["handles", "rejects"]);
    },
  ),
  patternCase(
    ACKNOWLEDGED,
    "message-lost",
    "What gets lost on its way is sent again until it is acknowledged.",
    async (scene) => {
      const [sender, receiver] = [await scene.process(muteFor(2)), await scene.process()];
      await scene.register(receiver, "handles");
      assert.deepEqual(countsOf(await scene.send(sender, null, "a")), { delivered: 1 });
      await scene.assertHandled("a", ["handles"]);
    },
  ),
  patternCase(
    ACKNOWLEDGED,
    "never-acknowledged",
    "Whoever has not acknowledged by the deadline has timed out; it may have handled it.",
    async (scene) => {
      const [sender, receiver] = [await scene.process(), await scene.process(mute)];
      await scene.register(receiver, "handles");
      assert.deepEqual(countsOf(await scene.send(sender, null, "a", { timeoutMs: scene.shortMs })), { timeout: 1 });
      assert.deepEqual(scene.handledBy("a"), ["handles"]);
    },
  ),
  ...patternCases(
    STRONG,
    "sent-twice",
    "What is sent or enqueued twice is one message to each of its recipients.",
    async (scene) => {
      const twice: ProcessOptions = {
        messaging: (real) => ({
          publishMany: async (batch, call) => {
            await real.publishMany(batch, call);
            return real.publishMany(batch, call);
          },
        }),
        durability: (real) => ({
          enqueueMany: async (...args) => {
            await real.enqueueMany(...args);
            return real.enqueueMany(...args);
          },
        }),
      };
      const [sender, receiver] = [await scene.process(twice), await scene.process(twice)];
      for (const identity of ["a", "b", "c"]) await scene.register(receiver, identity);
      for (const text of ["1", "2"]) {
        assert.deepEqual(countsOf(await scene.send(sender, null, text)), { delivered: 3 });
        await scene.assertHandled(text, ["a", "b", "c"]);
      }
      assert.equal(scene.seen.length, 6, "calls of handlers");
    },
  ),
  ...patternCases(
    KEPT,
    "enqueue-unanswered",
    "When the store does not answer whether it keeps a message, it is asked again, and the message is handled once.",
    async (scene) => {
      let isDue = true;
      const sender = await scene.process({
        durability: (real) => ({
          async enqueueMany(...args): Promise<readonly BatchFailure[]> {
            const work = real.enqueueMany(...args);
            if (!isDue) return work;
            isDue = false;
            return losing(work);
          },
        }),
      });
      await scene.register(sender, "handles");
      assert.deepEqual(countsOf(await scene.send(sender, null, "a")), { delivered: 1 });
      await scene.assertHandled("a", ["handles"]);
    },
  ),
  ...patternCases(
    KEPT,
    "settlement-unanswered",
    "When the store does not answer whether a message has been settled, it is told again, and the message is not handled again.",
    async (scene) => {
      let left = 2;
      const lost = async <T>(work: Promise<T>): Promise<T> => {
        left -= 1;
        return left >= 0 ? losing(work) : work;
      };
      const receiver = await scene.process({
        durability: (real) => ({
          settleMany: async (...args) => lost(real.settleMany(...args)),
          ...(real.transactions && {
            transactions: overridden(real.transactions, ({ handleOnce }) => ({
              handleOnce: async (...args) => lost(handleOnce.apply(real.transactions, args)),
            })),
          }),
        }),
      });
      await scene.register(receiver, "handles");
      assert.deepEqual(countsOf(await scene.send(receiver, null, "a")), { delivered: 1 });
      await scene.assertHandled("a", ["handles"]);
      await scene.ctx.eventually(() => assert.ok(left < 0, "it was told again"));
      await scene.assertHandled("a", ["handles"]);
    },
  ),
  patternCase(
    ATMOST,
    "publish-unanswered",
    "At most once, what the broker did not answer for is not published again: it reads `timeout`, INDETERMINATE.",
    async (scene) => {
      const receiver = await scene.process();
      const sender = await scene.process({
        messaging: (real) => ({ publishMany: async (...args) => losing(real.publishMany(...args)) }),
      });
      await scene.register(receiver, "handles");
      const report = await scene.send(sender, null, "a");
      assert.deepEqual(countsOf(report), { timeout: 1 });
      assert.equal(report.statuses[0]?.code, "INDETERMINATE");
      await scene.assertHandled("a", ["handles"]);
    },
  ),
];
