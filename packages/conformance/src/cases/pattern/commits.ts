/** Multicasts that commit with their sender's own writes: what reaches whom, and what is told of it. */

import assert from "node:assert/strict";
import { isMusterError } from "@muster/core/slots";
import type { PatternCase } from "../../case.ts";
import { ACKNOWLEDGED, type Composition, DURABLE, EXACTLY } from "../../pattern/composition.ts";
import { outboxCases } from "../../pattern/pattern-case.ts";
import { freshKey } from "../durability/facets.ts";
import { numbered } from "../support.ts";
import { countsOf } from "./support.ts";

const ALL = [ACKNOWLEDGED, DURABLE, EXACTLY];
const STORED = [DURABLE, EXACTLY];

/** What handlers write, and what senders do, is written to one store. */
function isOneStore({ durability, outbox }: Composition): boolean {
  return durability?.name === outbox?.name;
}

function isOrdered({ durability }: Composition): boolean {
  return durability?.traits.order === "fifo";
}

export const commitCases: readonly PatternCase[] = [
  ...outboxCases(
    ALL,
    "committed-everyone-once",
    "What has committed reaches everyone who is meant exactly once, and nobody before that; the report says pending first and delivered then.",
    async (scene) => {
      const [sender, receiver] = [await scene.process(), await scene.process()];
      const identities = numbered("device", 12);
      for (const [index, identity] of identities.entries())
        await scene.register(index % 2 === 0 ? sender : receiver, identity);
      const [own, key] = [await scene.outboxProbe.begin(), freshKey()];
      await own.write(key);
      const report = await scene.send(sender, null, "x", { transaction: own.transaction });
      assert.deepEqual(countsOf(report), { pending: 12 });
      await scene.commit(sender, ["device-00"], "meanwhile");
      await scene.assertHandled("meanwhile", ["device-00"]);
      assert.deepEqual(
        scene.seen.filter(({ text }) => text === "x"),
        [],
        "handled before the commit",
      );
      await own.commit();
      await scene.assertHandled("x", identities);
      await scene.ctx.eventually(async () =>
        assert.deepEqual(countsOf(await receiver.report(report.id)), { delivered: 12 }),
      );
      assert.equal(await scene.outboxProbe.read(key), 1, "writes that stand");
    },
  ),
  ...outboxCases(
    ALL,
    "rolled-back-nobody",
    "What was rolled back reaches nobody, and nothing is known of it.",
    async (scene) => {
      const [sender, receiver] = [await scene.process(), await scene.process()];
      for (const identity of ["a", "b"]) await scene.register(receiver, identity);
      const own = await scene.outboxProbe.begin();
      const { id } = await scene.send(sender, null, "x", { transaction: own.transaction });
      await own.rollback();
      for (const text of ["1", "2"]) {
        await scene.commit(sender, null, text);
        await scene.assertHandled(text, ["a", "b"]);
      }
      assert.deepEqual(scene.handledBy("x"), []);
      const reading = receiver.report(id).then(
        () => undefined,
        (error: unknown) => error,
      );
      assert.ok(isMusterError(await reading, "NOT_FOUND"), "nothing is known of it");
    },
  ),
  ...outboxCases(
    ALL,
    "same-key",
    "Under one idempotency key one multicast commits, whoever records it; who comes later is told what became of it.",
    async (scene) => {
      const [one, two] = [await scene.process(), await scene.process()];
      for (const identity of ["a", "b"]) await scene.register(one, identity);
      const key = { idempotencyKey: "order 7" };
      const own = await scene.outboxProbe.begin();
      await scene.send(two, null, "x", { ...key, transaction: own.transaction });
      await own.rollback();
      const first = await scene.commit(one, null, "x", key);
      const again = await scene.commit(two, null, "x", key);
      assert.equal(again.id, first.id, "one id");
      await scene.assertHandled("x", ["a", "b"]);
      await scene.ctx.eventually(async () => {
        const { id, ...report } = await scene.commit(two, null, "x", key);
        assert.deepEqual([id, countsOf(report)], [first.id, { delivered: 2 }]);
      });
      assert.equal(scene.seen.length, 2, "calls of handlers");
    },
  ),
  ...outboxCases(
    ALL,
    "counts-add-up",
    "At every moment the targets of a multicast are the sum of who is delivered, pending, failed and timed out, wherever it is.",
    async (scene) => {
      const [sender, receiver] = [await scene.process(), await scene.process()];
      await scene.register(receiver, "handles");
      await scene.register(receiver, "rejects", { behaviour: (message) => message.reject("no") });
      const waits = scene.gate();
      await scene.register(receiver, "waits", { behaviour: async () => waits.passed() });
      await receiver.register("unattached", {});
      const gone = await receiver.register("gone", {});
      const own = await scene.outboxProbe.begin();
      const { id } = await scene.send(sender, null, "x", { transaction: own.transaction });
      await gone.unregister();
      await own.commit();
      const expected = { delivered: 1, pending: 2, failed: 2 };
      await scene.ctx.eventually(async () => {
        const report = await sender.report(id);
        const { deliveredCount, pendingCount, failedCount, timeoutCount } = report;
        const sum = deliveredCount + pendingCount + failedCount + timeoutCount;
        if (report.targetCount !== 5 || sum !== 5) assert.fail(`${sum} of ${report.targetCount}`);
        assert.deepEqual(countsOf(report), expected);
      });
      const statuses = new Map<string, string>();
      for await (const { identity, status, code } of sender.deliveries(id))
        statuses.set(identity, `${status} ${code ?? ""}`.trim());
      assert.deepEqual(Object.fromEntries(statuses), {
        gone: "failed UNREGISTERED",
        handles: "delivered",
        rejects: "failed REJECTED",
        unattached: "pending",
        waits: "pending",
      });
      waits.open();
      await scene.ctx.eventually(async () =>
        assert.deepEqual(countsOf(await receiver.report(id)), { delivered: 2, pending: 1, failed: 2 }),
      );
    },
  ),
  ...outboxCases(
    STORED,
    "in-order",
    "What commits for one identity, one after the other, is handled in that order, whoever hands it over.",
    async (scene) => {
      const sender = await scene.process({ relay: false });
      for (const identity of ["a", "b"]) await scene.register(sender, identity);
      const texts = numbered("x", 12).toReversed();
      for (const [index, text] of texts.entries()) {
        if (index === 6) await Promise.all([scene.process(), scene.process()]);
        await scene.commit(sender, index % 3 === 0 ? null : ["a"], text);
      }
      for (const text of texts)
        await scene.ctx.eventually(() => assert.ok(scene.handledBy(text).includes("a"), `${text} is handled`));
      const order = scene.seen.filter(({ identity }) => identity === "a").map(({ text }) => text);
      assert.deepEqual([...new Set(order)], texts);
    },
    isOrdered,
  ),
  ...outboxCases(
    ALL,
    "expired",
    "What no relay has handed over in its time has failed with EXPIRED, and reaches nobody afterwards.",
    async (scene) => {
      const sender = await scene.process({ relay: false });
      await scene.register(sender, "a");
      const { id } = await scene.commit(sender, null, "x", { ttlMs: 100 });
      await scene.ctx.eventually(async () => assert.deepEqual(countsOf(await sender.report(id)), { failed: 1 }));
      const [receipt] = (await sender.report(id)).statuses;
      assert.equal(receipt?.code, "EXPIRED");
      await scene.process();
      await scene.commit(sender, null, "later");
      await scene.assertHandled("later", ["a"]);
      assert.deepEqual(scene.handledBy("x"), []);
    },
  ),
  ...outboxCases(
    [EXACTLY],
    "handler-sends",
    "What a handler sends in its own transaction stands exactly when its effects do: not of an attempt that has thrown, and once of the one that has not.",
    async (scene) => {
      const process = await scene.process();
      await scene.register(process, "b");
      await scene.register(process, "a", {
        behaviour: async ({ attempt }, { transaction }) => {
          await scene.send(process, ["b"], `answer ${attempt}`, { transaction });
          if (attempt === 1) throw new Error("not yet");
        },
      });
      await scene.commit(process, ["a"], "question");
      await scene.ctx.eventually(async () => assert.equal(await scene.effects("b", "answer 2"), 1));
      assert.equal(await scene.effects("a", "question"), 1);
      assert.deepEqual(
        scene.seen.filter(({ text }) => text === "answer 1"),
        [],
      );
    },
    isOneStore,
  ),
];
