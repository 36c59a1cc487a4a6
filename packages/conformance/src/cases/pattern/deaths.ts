/** Processes that die: what was meant for whom they served, what they sent, and what they were about to acknowledge. */

import assert from "node:assert/strict";
import type { PatternCase } from "../../case.ts";
import { ACKNOWLEDGED, type Composition, DURABLE, EXACTLY } from "../../pattern/composition.ts";
import { canDie, fencesByEpoch, hasTracking, patternCase, patternCases } from "../../pattern/pattern-case.ts";
import type { Scene } from "../../pattern/scene.ts";
import type { Subject } from "../../subject.ts";
import { countsOf } from "./support.ts";

const KEPT = [DURABLE, EXACTLY];
const FIRST_TURNS = [0, 2, 8, 32];
/** At moments of which some lie behind a few turns of the event loop. */
const LATER_DEATHS = 6;
const MOST_TURNS = 8;
/** Short, so that who has died is soon known to have. */
const timing = { sessionLeaseMs: 1_000 };

function canDieAndFence(composition: Composition, subject: Subject): boolean {
  return canDie(composition, subject) && fencesByEpoch(composition);
}

/** For each process that is to die, what to await before it dies and at which moment it then does. */
export function* deaths(scene: Scene): Generator<{ readonly turn: number; before(): Promise<void> }> {
  for (const turn of FIRST_TURNS) yield { turn, before: async () => {} };
  for (let left = LATER_DEATHS; left > 0; left -= 1)
    yield { turn: Math.floor(scene.ctx.random() * 60), before: async () => scene.turns(MOST_TURNS) };
}

export const deathCases: readonly PatternCase[] = [
  ...patternCases(
    KEPT,
    "offline-then-back",
    "What is sent to identities whose process has died waits for them, and is handled when they are back, wherever that is.",
    async (scene) => {
      const [doomed, sender] = [await scene.mortal({ timing }), await scene.process({ timing })];
      const identities = ["a", "b", "c"];
      for (const identity of identities) await scene.register(doomed.fleet, identity);
      await doomed.kill(0);
      const report = await scene.send(sender, null, "x", { timeoutMs: scene.shortMs });
      assert.deepEqual(countsOf(report), { pending: 3 });
      // Whoever was served by a session that is dead is offline, and can be taken over without `replace`.
      for (const identity of identities) await scene.ctx.eventually(async () => scene.register(sender, identity));
      await scene.assertHandled("x", identities);
      await scene.ctx.eventually(async () =>
        assert.deepEqual(countsOf(await sender.report(report.id)), { delivered: 3 }),
      );
    },
    (composition, subject) => canDie(composition, subject) && hasTracking(composition),
  ),
  ...patternCases(
    KEPT,
    "dies-while-handling",
    "What a process was handling when it died is handed to whoever takes its identity over, as a later attempt.",
    async (scene) => {
      const [doomed, survivor] = [await scene.mortal(), await scene.process()];
      await scene.register(doomed.fleet, "nomad", { by: "doomed", behaviour: async () => scene.gate().passed() });
      const report = scene.send(survivor, null, "x", { timeoutMs: 4 * scene.patienceMs });
      await scene.ctx.eventually(() => assert.equal(scene.seen.length, 1));
      await doomed.kill(0);
      await scene.register(survivor, "nomad", { by: "survivor", replace: true });
      assert.deepEqual(countsOf(await report), { delivered: 1 });
      const by = scene.seen.filter((one) => one.by === "survivor");
      assert.deepEqual(
        by.map(({ attempt }) => attempt),
        [2],
      );
      if (scene.way === EXACTLY) assert.equal(await scene.effects("nomad", "x"), 1, "effects");
    },
    canDieAndFence,
  ),
  ...patternCases(
    KEPT,
    "dies-at-any-moment",
    "At whatever moment a receiver dies, what was sent to it is handled in the end; exactly-once, its effects stand once, and no receipt says otherwise.",
    async (scene) => {
      const survivor = await scene.process();
      for (const [index, { turn, before }] of [...deaths(scene)].entries()) {
        const doomed = await scene.mortal();
        const [identity, text] = [`nomad-${index}`, `x-${index}`];
        await scene.register(doomed.fleet, identity);
        const isTracked = hasTracking(scene.ctx.backend);
        const timeoutMs = (isTracked ? 4 : 1) * scene.patienceMs;
        const report = scene.send(survivor, [identity], text, { timeoutMs });
        await before();
        await doomed.kill(turn);
        await scene.register(survivor, identity, { replace: true });
        const counts = countsOf(await report);
        // Who acknowledged and died before it could say so has told nobody, where the store keeps no receipts.
        if (isTracked || counts.pending === undefined) assert.deepEqual(counts, { delivered: 1 });
        assert.ok(scene.handled(text).length > 0, `${text} was handled, having died at moment ${turn}`);
        if (scene.way === EXACTLY) assert.equal(await scene.effects(identity, text), 1, `effects of ${text}`);
      }
    },
    canDieAndFence,
  ),
  ...patternCases(
    KEPT,
    "sender-dies-at-any-moment",
    "At whatever moment a sender dies, whoever sends the same again under its idempotency key completes it, and nobody handles it twice.",
    async (scene) => {
      const survivor = await scene.process();
      const identities = ["a", "b", "c", "d"];
      for (const identity of identities) await scene.register(survivor, identity);
      for (const [index, { turn, before }] of [...deaths(scene)].entries()) {
        const doomed = await scene.mortal();
        const [text, options] = [`x-${index}`, { idempotencyKey: `key ${index}` }];
        scene.send(doomed.fleet, null, text, options).catch(() => {}); // Nobody hears of it.
        await before();
        await doomed.kill(turn);
        const report = await scene.send(survivor, null, text, options);
        assert.deepEqual(countsOf(report), { delivered: 4 });
        await scene.assertHandled(text, identities);
        const seen = scene.seen.filter((one) => one.text === text);
        assert.deepEqual(new Set(seen.map(({ id }) => id)), new Set([report.id]), "one id");
      }
    },
    (composition, subject) => canDie(composition, subject) && hasTracking(composition),
  ),
  patternCase(
    ACKNOWLEDGED,
    "dies-while-handling",
    "When a receiver dies before it has acknowledged, the message is sent to whoever takes its identity over before the deadline.",
    async (scene) => {
      const [doomed, survivor] = [await scene.mortal(), await scene.process()];
      await scene.register(doomed.fleet, "nomad", { by: "doomed", behaviour: async () => scene.gate().passed() });
      const report = scene.send(survivor, null, "x", { timeoutMs: 4 * scene.patienceMs });
      await scene.ctx.eventually(() => assert.equal(scene.seen.length, 1));
      await doomed.kill(0);
      await scene.register(survivor, "nomad", { by: "survivor", replace: true });
      assert.deepEqual(countsOf(await report), { delivered: 1 });
      assert.deepEqual(
        scene.handled("x").map(({ by }) => by),
        ["survivor"],
      );
    },
    canDie,
  ),
  patternCase(
    ACKNOWLEDGED,
    "dies-unheard",
    "Whom a dead process served and nobody has taken over is not delivered: it has timed out or failed at the deadline.",
    async (scene) => {
      const [doomed, survivor] = [await scene.mortal({ timing }), await scene.process({ timing })];
      await scene.register(doomed.fleet, "gone", { behaviour: async () => scene.gate().passed() });
      await scene.register(survivor, "here");
      await doomed.kill(0);
      const report = await scene.send(survivor, null, "x", { timeoutMs: 1_500 + scene.shortMs });
      assert.equal(report.deliveredCount, 1);
      assert.equal(report.failedCount + report.timeoutCount, 1);
      await scene.assertHandled("x", ["here"]);
    },
    canDie,
  ),
];
