/** How a pattern case is made: a rule about one guarantee, played in a scene of its own. */

import type { PatternCase } from "../case.ts";
import type { Subject } from "../subject.ts";
import type { Composition, Way } from "./composition.ts";
import { Scene } from "./scene.ts";

type Gate = NonNullable<PatternCase["applies"]>;

/** `what` is the end of its id. Applies wherever the guarantee can be had and, where given, `applies` says so. */
export function patternCase(
  way: Way,
  what: string,
  rule: string,
  play: (scene: Scene) => Promise<void>,
  applies: Gate = () => true,
): PatternCase {
  return {
    id: `pattern/${way.name}/${what}`,
    rule,
    slot: "pattern",
    applies: (composition, subject) => composition.traits[way.trait] && applies(composition, subject),
    async run(ctx) {
      await using scene = new Scene(ctx, way);
      await play(scene);
    },
  };
}

/** The same where what is sent commits with its sender's own writes; `outbox-` is put in front of `what`. */
export function outboxCases(
  ways: readonly Way[],
  what: string,
  rule: string,
  play: (scene: Scene) => Promise<void>,
  applies: Gate = () => true,
): readonly PatternCase[] {
  return ways.map((way) => ({
    ...patternCase(
      way,
      `outbox-${what}`,
      rule,
      play,
      (composition, subject) => composition.traits.outbox && applies(composition, subject),
    ),
    async run(ctx): Promise<void> {
      await using scene = new Scene(ctx, way, { isRecorded: true });
      await play(scene);
    },
  }));
}

/** The same for several guarantees. */
export function patternCases(ways: readonly Way[], ...rest: Rest): readonly PatternCase[] {
  return ways.map((way) => patternCase(way, ...rest));
}

type Rest = Parameters<typeof patternCase> extends [Way, ...infer Others] ? Others : never;

export function canDie(_: Composition, { mortal }: Subject): boolean {
  return mortal !== undefined;
}

export function hasTracking({ durability }: Composition): boolean {
  return durability?.tracking !== undefined;
}

export function hasDeadLetters({ durability }: Composition): boolean {
  return durability?.deadLetters !== undefined;
}

export function fencesByEpoch({ durability }: Composition): boolean {
  return durability?.traits.fences === "epoch";
}
