/** What many processes have seen and were told while some of them died, judged as a whole. */

import type { PatternCase } from "../../case.ts";
import { ACKNOWLEDGED, ATMOST, DURABLE, EXACTLY } from "../../pattern/composition.ts";
import { canDie, outboxCases, patternCases } from "../../pattern/pattern-case.ts";
import { type Actor, Recording } from "../../pattern/recording.ts";
import type { Scene } from "../../pattern/scene.ts";

const IDENTITIES = ["a", "a.b", "b", "*", "\u{1f600}"];
const ROUNDS = 3;
const MOST_SENDS = 4;
const MOST_TURNS = 8;
const LAST_TURN = 60;

export const historyCases: readonly PatternCase[] = patternCases(
  [ATMOST, ACKNOWLEDGED, DURABLE, EXACTLY],
  "history",
  "While processes that send and handle die and others take over, nobody handles what was not meant for it, nothing accepted is lost, every repetition has its reason, effects that were promised once stand once, and no receipt lies.",
  playAll,
  canDie,
);

/** The same, with every process recording in its own transactions and handing over what anybody has committed. */
export const outboxHistoryCases: readonly PatternCase[] = outboxCases(
  [ACKNOWLEDGED, DURABLE, EXACTLY],
  "history",
  "While processes that record, hand over and handle die and others take over, each multicast that has committed reaches everyone it is for, one that was rolled back nobody, and effects that were promised once stand once.",
  playAll,
  canDie,
);

async function playAll(scene: Scene): Promise<void> {
  const recording = new Recording(scene, IDENTITIES);
  const survivors = [await survivor(scene, "survivor 1"), await survivor(scene, "survivor 2")] as const;
  for (const identity of IDENTITIES) await recording.take(one(scene, survivors), identity);
  for (let round = 1; round <= ROUNDS; round += 1) await play(scene, recording, survivors, round);
  await recording.verify(survivors[0]);
}

/** Two processes come, take identities and send, and die over it; then others have what was theirs. */
async function play(
  scene: Scene,
  recording: Recording,
  survivors: readonly [Actor, ...Actor[]],
  round: number,
): Promise<void> {
  const doomed = [await mortal(scene, `mortal ${round}`), await mortal(scene, `mortal ${-round}`)] as const;
  const everyone = [...survivors, ...doomed.map(({ actor }) => actor)] as const;
  const taken = new Set<string>();
  for (const { actor } of doomed) {
    for (const identity of recording.some()) {
      await recording.take(actor, identity);
      taken.add(identity);
    }
  }
  const unheard: string[] = [];
  for (let left = below(scene, MOST_SENDS); left >= 0; left -= 1) recording.send(one(scene, everyone));
  await Promise.all(
    doomed.map(async ({ actor, kill }) => {
      unheard.push(recording.send(actor));
      recording.die(actor);
      await scene.turns(MOST_TURNS);
      await kill(below(scene, LAST_TURN));
      actor.isDead = true;
    }),
  );
  recording.send(one(scene, survivors));
  for (const identity of taken) await recording.take(one(scene, survivors), identity);
  const { durability } = scene.ctx.backend;
  const isUnique = scene.isRecorded || (scene.isKept && durability?.tracking !== undefined);
  if (isUnique) for (const text of unheard) recording.again(one(scene, survivors), text);
}

async function survivor(scene: Scene, name: string): Promise<Actor> {
  return { name, fleet: await scene.process(), isDead: false };
}

async function mortal(
  scene: Scene,
  name: string,
): Promise<{ readonly actor: Actor; kill(turn: number): Promise<void> }> {
  const { fleet, kill, begin } = await scene.mortal();
  return { actor: { name, fleet, isDead: false, ...(scene.isRecorded && { begin }) }, kill };
}

function below(scene: Scene, bound: number): number {
  return Math.floor(scene.ctx.random() * bound);
}

function one<T>({ ctx }: Scene, all: readonly [T, ...T[]]): T {
  return all[Math.floor(ctx.random() * all.length)] ?? all[0];
}
