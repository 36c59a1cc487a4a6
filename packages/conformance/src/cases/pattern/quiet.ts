/** Nothing goes wrong: everyone who is meant gets it, once, and the report says so. */

import assert from "node:assert/strict";
import type { PatternCase } from "../../case.ts";
import { ACKNOWLEDGED, ATMOST, DURABLE, EXACTLY } from "../../pattern/composition.ts";
import { hasTracking, patternCase, patternCases } from "../../pattern/pattern-case.ts";
import type { Scene } from "../../pattern/scene.ts";
import { countsOf } from "./support.ts";

const ALL = [ATMOST, ACKNOWLEDGED, DURABLE, EXACTLY];
const STRONG = [ACKNOWLEDGED, DURABLE, EXACTLY];

/** Names that mean something to a store, a broker, a template or a JavaScript object. */
const HOSTILE = [
  "*",
  ">",
  "a.*",
  "a.b",
  "a/b#c",
  "{a}b",
  "%",
  "_",
  "__proto__",
  "constructor",
  "' or ''='",
  '"',
  "\\",
  " ",
  "a b",
  "ä",
  "a\u0308",
  "\u{1f600}",
  "x".repeat(256),
];

export const quietCases: readonly PatternCase[] = [
  ...patternCases(
    ALL,
    "everyone-once",
    "Where nothing goes wrong, every identity that is meant and attached handles a message exactly once, and nobody else does.",
    async (scene) => {
      const [one, two, three] = [await scene.process(), await scene.process(), await scene.process()];
      const identities = Array.from({ length: 12 }, (_, index) => `device-${index}`);
      for (const [index, identity] of identities.entries())
        await scene.register([one, two, three][index % 3] ?? one, identity);
      const some = identities.filter((_, index) => index % 2 === 0);
      const reports = await Promise.all([
        scene.send(one, null, "all"),
        scene.send(two, some, "some"),
        scene.send(three, ["nobody"], "none"),
      ]);
      await scene.assertHandled("all", identities);
      await scene.assertHandled("some", some);
      await scene.assertHandled("none", []);
      assert.deepEqual(reports.map(countsOf), [{ delivered: 12 }, { delivered: 6 }, {}]);
      assert.equal(new Set(reports.map(({ id }) => id)).size, 3, "different ids");
    },
  ),
  ...patternCases(
    STRONG,
    "counts-add-up",
    "The targets of a multicast are the sum of who is delivered, pending, failed and timed out, each counted once.",
    async (scene) => {
      const [sender, receiver] = [await scene.process(), await scene.process()];
      await scene.register(receiver, "handles");
      await scene.register(receiver, "rejects", { behaviour: (message) => message.reject("no") });
      await scene.register(receiver, "waits", { behaviour: async () => scene.gate().passed() });
      await receiver.register("unattached", {});
      const report = await scene.send(sender, null, "a", { timeoutMs: scene.shortMs });
      const late = scene.way === ACKNOWLEDGED ? "timeout" : "pending";
      const { deliveredCount, pendingCount, failedCount, timeoutCount } = report;
      assert.equal(report.targetCount, 4);
      assert.equal(deliveredCount + pendingCount + failedCount + timeoutCount, report.targetCount);
      const statuses = new Map(report.statuses.map(({ identity, status, code }) => [identity, `${status} ${code}`]));
      assert.equal(statuses.size, report.statuses.length, "one receipt for each");
      assert.equal(statuses.get("handles"), undefined);
      assert.equal(statuses.get("rejects"), "failed REJECTED");
      assert.match(statuses.get("waits") ?? "", new RegExp(`^${late}`, "u"));
      assert.match(statuses.get("unattached") ?? "", scene.way === ACKNOWLEDGED ? /^failed NO_ROUTE/u : /^pending/u);
    },
  ),
  ...patternCases(
    ALL,
    "hostile-identities",
    "An identity means itself, whatever it looks like: nobody else gets what was sent to it.",
    async (scene) => {
      const [sender, ...receivers] = [await scene.process(), await scene.process(), await scene.process()];
      const identities = HOSTILE.filter((identity) => Buffer.byteLength(identity) <= maxIdentityBytes(scene));
      for (const [index, identity] of identities.entries())
        await scene.register(receivers[index % 2] ?? sender, identity);
      for (const identity of identities) {
        assert.deepEqual(countsOf(await scene.send(sender, [identity], `to ${identity}`)), { delivered: 1 });
      }
      for (const identity of identities) await scene.assertHandled(`to ${identity}`, [identity]);
    },
  ),
  ...patternCases(
    STRONG,
    "slow-handler",
    "A handler that takes its time holds up nobody else, neither of this message nor of the next one.",
    async (scene) => {
      const [sender, receiver] = [await scene.process(), await scene.process()];
      const slow = scene.gate();
      await scene.register(receiver, "slow", { behaviour: async () => slow.passed() });
      await scene.register(receiver, "quick");
      const reports = [];
      for (const text of ["1", "2"]) {
        reports.push(scene.send(sender, null, text));
        await scene.ctx.eventually(() => assert.deepEqual(scene.handledBy(text), ["quick"]));
      }
      slow.open();
      for (const report of await Promise.all(reports)) assert.deepEqual(countsOf(report), { delivered: 2 });
    },
  ),
  ...patternCases(
    [DURABLE, EXACTLY],
    "report-is-kept",
    "What became of a multicast can be read from the store by any process, and changes with what happens.",
    async (scene) => {
      const [sender, other] = [await scene.process(), await scene.process()];
      const late = await sender.register("late", {});
      await scene.register(sender, "early");
      const { id } = await scene.send(sender, null, "a", { timeoutMs: scene.shortMs });
      const { id: _, ...report } = await other.report(id);
      assert.deepEqual(countsOf(report), { delivered: 1, pending: 1 });
      await late.attach(scene.handler());
      await scene.ctx.eventually(async () => assert.deepEqual(countsOf(await other.report(id)), { delivered: 2 }));
      const receipts = [];
      for await (const { identity, status } of other.deliveries(id)) receipts.push([identity, status]);
      assert.deepEqual(receipts, [
        ["early", "delivered"],
        ["late", "delivered"],
      ]);
    },
    hasTracking,
  ),
  patternCase(
    ACKNOWLEDGED,
    "unattached",
    "Whom no message can reach until the deadline has failed, with NO_ROUTE.",
    async (scene) => {
      const sender = await scene.process();
      await sender.register("unattached", {});
      const report = await scene.send(sender, null, "a", { timeoutMs: scene.shortMs });
      assert.deepEqual(countsOf(report), { failed: 1 });
      assert.equal(report.statuses[0]?.code, "NO_ROUTE");
    },
  ),
];

function maxIdentityBytes({ ctx }: Scene): number {
  return ctx.backend.registry.traits.maxIdentityBytes;
}
