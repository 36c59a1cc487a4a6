/** Multicasts that end in the middle: what had left by then stands in the report, and how far it came. */

import assert from "node:assert/strict";
import { type Call, isMusterError, MusterError, type RegistryBackend, type Route } from "@muster/core/slots";
import type { PatternCase } from "../../case.ts";
import { ACKNOWLEDGED, ATMOST, DURABLE, EXACTLY } from "../../pattern/composition.ts";
import { patternCases } from "../../pattern/pattern-case.ts";
import type { AnyFleet } from "../../pattern/process.ts";
import type { Scene } from "../../pattern/scene.ts";

const ALL = [ATMOST, ACKNOWLEDGED, DURABLE, EXACTLY];
const [REACHED, BEYOND] = [
  ["a", "b"],
  ["c", "d"],
];
const AFTER = "b";

/** A process that is given one page of whom to send to; then it asks in vain, as `end` has it. */
async function senderCutOff(scene: Scene, end: (call: Call) => Promise<never>): Promise<AnyFleet> {
  return scene.process({
    registry: (real): Partial<RegistryBackend> => ({
      async *scanRoutes(query, call): AsyncGenerator<readonly Route[], void, undefined> {
        if (query.after !== undefined) await end(call);
        for await (const page of real.scanRoutes({ ...query, pageSize: REACHED.length }, call)) {
          yield page;
          await end(call);
        }
      },
    }),
  });
}

/** Served by a process of their own, with an address for each where there can be one: what goes to such waits for no others. */
async function audience(scene: Scene): Promise<void> {
  const receiver = await scene.process();
  for (const identity of [...REACHED, ...BEYOND])
    await scene.register(receiver, identity, scene.ctx.backend.messaging ? { address: `of-${identity}` } : {});
}

export const earlyEndCases: readonly PatternCase[] = [
  ...patternCases(
    ALL,
    "registry-away-midway",
    "When the registry goes away after some were sent to nothing throws: the report covers those, and says why and behind whom it ends.",
    async (scene) => {
      const sender = await senderCutOff(scene, async () => {
        throw new MusterError({ code: "UNAVAILABLE", source: "conformance", message: "the registry is away" });
      });
      await audience(scene);
      const report = await scene.send(sender, null, "a", { timeoutMs: scene.shortMs });
      assert.deepEqual(report.incomplete, { code: "TIMEOUT", after: AFTER });
      assert.equal(report.targetCount, REACHED.length, "whom the report covers");
      assert.equal(report.deliveredCount, REACHED.length);
      await scene.assertHandled("a", REACHED);
    },
  ),
  ...patternCases(
    ALL,
    "given-up-midway",
    "Who gives up a multicast after some were sent to is told ABORTED, with the report of those, which says behind whom it ends.",
    async (scene) => {
      const caller = new AbortController();
      const sender = await senderCutOff(scene, async ({ signal }) => {
        const aborted = new Promise((resolve) => {
          signal.addEventListener("abort", resolve, { once: true });
        });
        if (!signal.aborted) await aborted;
        throw signal.reason;
      });
      await audience(scene);
      const sending = scene.send(sender, null, "a", { signal: caller.signal });
      sending.catch(() => {}); // It is looked at when it has been given up.
      await scene.assertHandled("a", REACHED);
      caller.abort();
      const error: unknown = await sending.then(
        () => assert.fail("it was not given up"),
        (thrown: unknown) => thrown,
      );
      assert.ok(isMusterError(error, "ABORTED"), String(error));
      const { report } = error.detail;
      assert.deepEqual(report?.incomplete, { code: "ABORTED", after: AFTER });
      assert.equal(report.targetCount, REACHED.length, "whom the report covers");
      assert.equal(report.failedCount, 0);
    },
  ),
];
