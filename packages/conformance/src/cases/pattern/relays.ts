/** Relays that come and go, share, get stuck, and die: what has committed reaches everyone all the same. */

import assert from "node:assert/strict";
import type { BatchFailure } from "@muster/core/slots";
import type { PatternCase } from "../../case.ts";
import { ACKNOWLEDGED, DURABLE, EXACTLY } from "../../pattern/composition.ts";
import type { Gate } from "../../pattern/gate.ts";
import { canDie, outboxCases } from "../../pattern/pattern-case.ts";
import type { AnyFleet, ProcessOptions } from "../../pattern/process.ts";
import type { Scene } from "../../pattern/scene.ts";
import { freshKey } from "../durability/facets.ts";
import { numbered } from "../support.ts";
import { deaths } from "./deaths.ts";
import { countsOf } from "./support.ts";

const ALL = [ACKNOWLEDGED, DURABLE, EXACTLY];
const IDENTITIES = numbered("device", 24);

/** Somebody who serves all of them, and hands nothing over. */
async function audience(scene: Scene): Promise<AnyFleet> {
  const fleet = await scene.process({ relay: false });
  for (const identity of IDENTITIES) await scene.register(fleet, identity);
  return fleet;
}

async function untilShared(scene: Scene, ...relays: readonly AnyFleet[]): Promise<void> {
  await scene.ctx.eventually(() => {
    const shares = relays.map((fleet) => fleet.status().relay.shards);
    const all = scene.ctx.backend.outbox?.traits.shards ?? 0;
    assert.equal(
      shares.reduce((sum, share) => sum + share, 0),
      all,
      `shards: ${shares.join(", ")}`,
    );
    for (const share of shares) assert.ok(share > 0 || all < relays.length, `shards: ${shares.join(", ")}`);
  });
}

/**
 * A relay that stops where it has a message in its hands: what it asks of its slots from then on, this hand-over included, is
 * on its way until the gate opens.
 */
function stuck(held: Gate, reached: Gate): ProcessOptions {
  const pass = async (): Promise<void> => {
    if (reached.isOpen) await held.passed();
  };
  const stop = async (): Promise<void> => {
    reached.open();
    await held.passed();
  };
  return {
    durability: (real) => ({
      async enqueueMany(...args): Promise<readonly BatchFailure[]> {
        await stop();
        return real.enqueueMany(...args);
      },
    }),
    messaging: (real) => ({
      async publishMany(...args): Promise<readonly BatchFailure[]> {
        await stop();
        return real.publishMany(...args);
      },
    }),
    outbox: (real) => ({
      async leaseShards(...args) {
        await pass();
        return real.leaseShards(...args);
      },
      async take(...args) {
        await pass();
        return real.take(...args);
      },
      async settleMany(...args) {
        await pass();
        return real.settleMany(...args);
      },
    }),
  };
}

export const relayCases: readonly PatternCase[] = [
  ...outboxCases(
    ALL,
    "relays-share",
    "Two relays share the work, each has some of it, and everyone handles everything exactly once.",
    async (scene) => {
      const sender = await audience(scene);
      const relays = [await scene.process(), await scene.process()];
      await untilShared(scene, ...relays);
      const texts = numbered("x", 6);
      for (const text of texts) await scene.commit(sender, null, text);
      for (const text of texts) await scene.assertHandled(text, IDENTITIES);
      await scene.ctx.eventually(async () => assert.equal((await sender.backlog()).deliveries, 0));
    },
  ),
  ...outboxCases(
    ALL,
    "relay-comes-later",
    "What has committed while there was no relay waits, and is counted, until there is one.",
    async (scene) => {
      const sender = await audience(scene);
      const { id } = await scene.commit(sender, null, "x");
      assert.equal((await sender.backlog()).deliveries, IDENTITIES.length);
      assert.deepEqual(countsOf(await sender.report(id)), { pending: IDENTITIES.length });
      assert.deepEqual(scene.seen, []);
      await scene.process();
      await scene.assertHandled("x", IDENTITIES);
      await scene.ctx.eventually(async () => assert.equal((await sender.backlog()).deliveries, 0));
    },
  ),
  ...outboxCases(
    ALL,
    "bell-lost",
    "A relay that is told of nothing finds what has committed all the same.",
    async (scene) => {
      const sender = await audience(scene);
      await scene.process({ outbox: () => ({ bells: undefined }) as object });
      for (const text of ["1", "2"]) {
        await scene.commit(sender, null, text);
        await scene.assertHandled(text, IDENTITIES);
      }
    },
  ),
  ...outboxCases(
    ALL,
    "relay-stuck",
    "When a relay is stuck past its lease another takes its place, and when it goes on nobody handles anything twice.",
    async (scene) => {
      const sender = await audience(scene);
      const [held, reached] = [scene.gate(), scene.gate()];
      const first = await scene.process(stuck(held, reached));
      await untilShared(scene, first);
      await scene.commit(sender, null, "x");
      await scene.ctx.eventually(() => assert.ok(reached.isOpen, "it has something in its hands"));
      const second = await scene.process();
      await untilShared(scene, second);
      await scene.assertHandled("x", IDENTITIES);
      held.open();
      await untilShared(scene, first, second);
      await scene.commit(sender, null, "after");
      await scene.assertHandled("after", IDENTITIES);
      assert.deepEqual(scene.handledBy("x"), IDENTITIES, "handled once");
      if (scene.way.name === "exactly-once")
        for (const identity of IDENTITIES) assert.equal(await scene.effects(identity, "x"), 1, identity);
    },
  ),
  ...outboxCases(
    ALL,
    "relay-dies-before-it-settles",
    "What a relay had handed over and not settled when it died is handed over again by the next one, and handled once.",
    async (scene) => {
      const sender = await audience(scene);
      const reached = scene.gate();
      const doomed = await scene.mortal({
        outbox: () => ({
          async settleMany(): Promise<never> {
            reached.open();
            return new Promise<never>(() => {});
          },
        }),
      });
      await scene.commit(sender, null, "x");
      await scene.ctx.eventually(() => assert.ok(reached.isOpen, "it has handed something over"));
      await doomed.kill(0);
      await scene.process();
      await scene.assertHandled("x", IDENTITIES);
      await scene.ctx.eventually(async () => assert.equal((await sender.backlog()).deliveries, 0));
      assert.deepEqual(scene.handledBy("x"), IDENTITIES, "handled once");
    },
    canDie,
  ),
  ...outboxCases(
    ALL,
    "relay-dies-at-any-moment",
    "At whatever moment a relay dies, what has committed reaches everyone, once.",
    async (scene) => {
      const sender = await audience(scene);
      for (const [index, { turn, before }] of [...deaths(scene)].entries()) {
        const doomed = await scene.mortal();
        const text = `x-${index}`;
        await scene.commit(sender, null, text);
        await before();
        await doomed.kill(turn);
      }
      await scene.process();
      for (const index of [...deaths(scene)].keys()) await scene.assertHandled(`x-${index}`, IDENTITIES);
      await scene.ctx.eventually(async () => assert.equal((await sender.backlog()).deliveries, 0));
    },
    canDie,
  ),
  ...outboxCases(
    ALL,
    "sender-dies-at-any-moment",
    "At whatever moment a sender dies over its commit, everyone gets its message, once, or nobody does, as what it has written stands or not.",
    async (scene) => {
      const relay = await scene.process();
      for (const identity of ["a", "b", "c"]) await scene.register(relay, identity);
      const sent: { readonly text: string; readonly key: string; isTold: boolean }[] = [];
      for (const [index, { turn, before }] of [...deaths(scene)].entries()) {
        const doomed = await scene.mortal({ relay: false });
        const one = { text: `x-${index}`, key: freshKey(), isTold: false };
        sent.push(one);
        const own = await doomed.begin();
        await own.write(one.key);
        const recording = scene.send(doomed.fleet, null, one.text, { transaction: own.transaction });
        const isRecorded = index % 2 === 0;
        if (isRecorded) await recording;
        const committing = recording.then(async () => own.commit());
        committing.then(() => (one.isTold = true)).catch(() => {}); // Nobody hears of it.
        if (!isRecorded) await before();
        await doomed.kill(isRecorded ? index : turn);
      }
      const verify = async ({ text, key, isTold }: (typeof sent)[number]): Promise<void> => {
        const stands = (await scene.outboxProbe.read(key)) === 1;
        assert.ok(stands || !isTold, `${text} was told to have committed`);
        assert.deepEqual(scene.handledBy(text), stands ? ["a", "b", "c"] : [], `who has handled ${text}`);
      };
      for (const one of sent) await scene.ctx.eventually(async () => verify(one));
      await scene.commit(relay, null, "last");
      await scene.assertHandled("last", ["a", "b", "c"]);
      for (const one of sent) await verify(one);
    },
    canDie,
  ),
];
