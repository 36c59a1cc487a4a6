/** What something costs the process besides time. */

import { memoryNow, type Observed, Probe } from "./probe.ts";
import { collectGarbage } from "./rounds.ts";

/** As the probe saw it. */
export interface Watched extends Observed {
  readonly elapsedMs: number;
  /** Over what stood after a collection, just before, MB. */
  readonly usedGrowth: number;
}

/** @param work may have samples taken in the middle of a stretch. */
export async function watch(work: (sample: () => void) => Promise<void>): Promise<Watched> {
  await collectGarbage();
  const before = memoryNow();
  const probe = new Probe();
  probe.start();
  const start = performance.now();
  await work(probe.sample);
  const elapsedMs = performance.now() - start;
  const observed = await probe.stop();
  return { ...observed, elapsedMs, usedGrowth: Math.max(0, observed.peak.used - before.used) };
}
