/** Processes that stand still for longer than they are believed to live, and then go on. */

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Delivery, Inbox, Leased } from "@muster/core/slots";
import type { PatternCase } from "../../case.ts";
import { overridden } from "../../mutant.ts";
import { ACKNOWLEDGED, ATMOST, DURABLE, EXACTLY } from "../../pattern/composition.ts";
import { fencesByEpoch, patternCases } from "../../pattern/pattern-case.ts";
import type { AnyFleet } from "../../pattern/process.ts";
import type { Scene } from "../../pattern/scene.ts";
import { countsOf } from "./support.ts";

const LOOKING_EVERY_MS = 10;

interface Freezable {
  readonly fleet: AnyFleet;
  /** It is renewed no more, and what comes for it waits in front of it. */
  freeze(): void;
  /** How often something has come for it since. */
  waiting(): number;
  thaw(): void;
}

async function freezable(scene: Scene): Promise<Freezable> {
  const warm = scene.gate();
  let isFrozen = false;
  let waiting = 0;
  const held = async (count: number): Promise<void> => {
    if (!isFrozen) return;
    if (count > 0) waiting += 1;
    await warm.passed();
  };
  const fleet = await scene.process({
    timing: { sessionLeaseMs: 1_000 },
    registry: (real) => ({
      async renewMany(leases, call) {
        await held(0);
        return real.renewMany(leases, call);
      },
    }),
    messaging: (real) => ({
      async openInbox(options, call): Promise<Inbox> {
        const inbox = await real.openInbox(options, call);
        async function* pages(): AsyncGenerator<readonly Delivery[], void, undefined> {
          for await (const page of inbox) {
            await held(page.length);
            yield page;
          }
        }
        return overridden(inbox, () => ({ [Symbol.asyncIterator]: pages }));
      },
    }),
    durability: (real) => ({
      async dequeue(...args): Promise<readonly Leased[]> {
        let leased = await real.dequeue(...args);
        // Who has come back empty just now would ask for nothing that comes.
        while (isFrozen && leased.length === 0) {
          await delay(LOOKING_EVERY_MS);
          leased = await real.dequeue(...args);
        }
        await held(leased.length);
        return leased;
      },
    }),
  });
  return {
    fleet,
    freeze: () => {
      isFrozen = true;
    },
    waiting: () => waiting,
    thaw: () => {
      isFrozen = false;
      warm.open();
    },
  };
}

/** Its message waits in front of a frozen process while a successor takes its identity over; then it wakes. */
async function wakesTooLate(scene: Scene): Promise<void> {
  const [sender, before] = [await scene.process(), await freezable(scene)];
  await scene.register(before.fleet, "nomad", { by: "before" });
  before.freeze();
  const sending = scene.send(sender, null, "a", { timeoutMs: 4 * scene.patienceMs });
  await scene.ctx.eventually(() => assert.ok(before.waiting() > 0, "the message has come for it"));
  // Its session dies, and from then on it is offline, and can be taken over without `replace`.
  await scene.ctx.eventually(async () => scene.register(sender, "nomad", { by: "after" }));
  const counts = countsOf(await sending);
  if (scene.way !== ATMOST) assert.deepEqual(counts, { delivered: 1 });
  before.thaw();
  await scene.send(sender, null, "b");
  await scene.assertHandled("b", ["nomad"]);
  await scene.assertHandled("a", scene.way === ATMOST ? [] : ["nomad"]);
  assert.deepEqual(new Set(scene.seen.map(({ by }) => by)), new Set(["after"]), "whose handlers have started");
}

export const freezeCases: readonly PatternCase[] = [
  ...patternCases(
    [ATMOST, ACKNOWLEDGED],
    "wakes-too-late",
    "A process that was frozen for longer than its session lived starts no handler when it wakes: what waited for it is its successor's, or nobody's.",
    wakesTooLate,
  ),
  ...patternCases(
    [DURABLE, EXACTLY],
    "wakes-too-late",
    "A process that was frozen for longer than its session lived starts no handler when it wakes: what it had leased is its successor's.",
    wakesTooLate,
    fencesByEpoch,
  ),
];
