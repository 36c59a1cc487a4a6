/**
 * What a multicast to a million costs a process besides time: memory, and turns of the event loop. One fleet sends and
 * serves everyone, so that all the work of one process is seen and none of another's.
 */

import { closeAll, multicastToAll, openFleets, Receivers, registerAll } from "../fleets.ts";
import { memoryNow } from "../probe.ts";
import { collectGarbage } from "../rounds.ts";
import { type Watched, watch } from "../watching.ts";
import { Disagreement, type Outcome, rowOf, type Scenario, type Settings, timingOf } from "../scenario.ts";

export const multicastMemoryScenario: Scenario = {
  name: "multicast-memory",
  about: "growth of memory and the longest stretch of synchronous code in a multicast to 1,000,000",
  defaultSize: 1_000_000,
  run,
};

async function run({ size, rounds }: Settings): Promise<Outcome> {
  const receivers = new Receivers();
  const fleets = await openFleets(1);
  const start = performance.now();
  await registerAll(fleets, size, receivers);
  const registeringMs = performance.now() - start;

  await collectGarbage();
  const { rss: rssBefore } = memoryNow();
  const watched: Watched[] = [];
  for (let round = 0; round < rounds; round++) {
    watched.push(
      await watch(async (sample) => {
        receivers.onCount = sample;
        const answer = await multicastToAll(fleets[0], size, receivers);
        if (answer !== `${size} of ${size} delivered, ${size} received`)
          throw new Disagreement(`of ${size}: ${answer}`);
      }),
    );
  }
  await closeAll(fleets);
  const rssGrowth = Math.max(...watched.map(({ peak }) => peak.rss)) - rssBefore;
  return {
    rows: [
      rowOf("growth of rss, highest of all rounds", "MB", [Math.max(0, rssGrowth)], { atMost: 100 }),
      rowOf(
        "growth of heapUsed and external",
        "MB",
        watched.map(({ usedGrowth }) => usedGrowth),
        { atMost: 100 },
      ),
      rowOf(
        "longest stretch, without collector",
        "ms",
        watched.map(({ ownStretchMs }) => ownStretchMs),
        { atMost: 50 },
      ),
      rowOf(
        "longest stretch, with collector",
        "ms",
        watched.map(({ stretchMs }) => stretchMs),
      ),
    ],
    timings: [
      timingOf("register", [registeringMs], size),
      timingOf(
        "multicast",
        watched.map(({ elapsedMs }) => elapsedMs),
        size,
      ),
    ],
  };
}
