/**
 * What a multicast to a million costs a process besides time: memory, and turns of the event loop. One fleet sends and
 * serves everyone, so that all the work of one process is seen and none of another's.
 */

import { closeAll, multicastToAll, openFleets, Receivers, registerAll } from "../fleets.ts";
import { memoryNow, type Observed, Probe } from "../probe.ts";
import { collectGarbage } from "../rounds.ts";
import { Disagreement, type Outcome, rowOf, type Scenario, type Settings, timingOf } from "../scenario.ts";

export const multicastMemoryScenario: Scenario = {
  name: "multicast-memory",
  about: "growth of memory and the longest stretch of synchronous code in a multicast to 1,000,000",
  defaultSize: 1_000_000,
  run,
};

/** One multicast as the probe saw it. */
interface Watched extends Observed {
  readonly elapsedMs: number;
  /** Over what stood after a collection, just before. */
  readonly usedGrowth: number;
}

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
    watched.push(await watch(() => multicastToAll(fleets[0], size, receivers), size, receivers));
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

async function watch(multicast: () => Promise<string>, size: number, receivers: Receivers): Promise<Watched> {
  await collectGarbage();
  const before = memoryNow();
  const probe = new Probe();
  receivers.onCount = probe.sample;
  probe.start();
  const start = performance.now();
  const answer = await multicast();
  const elapsedMs = performance.now() - start;
  const observed = await probe.stop();
  if (answer !== `${size} of ${size} delivered, ${size} received`) throw new Disagreement(`of ${size}: ${answer}`);
  return { ...observed, elapsedMs, usedGrowth: Math.max(0, observed.peak.used - before.used) };
}
