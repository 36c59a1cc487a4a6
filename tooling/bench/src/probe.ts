/** Watches the process while something runs: how high memory goes, and how long the event loop is held. */

import { type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";

const MEGABYTE = 1_048_576;
/** Shorter stretches are not kept. */
const KEPT_MS = 2;
const MEMORY_EVERY_MS = 5;

export interface Memory {
  /** Resident set, MB. */
  readonly rss: number;
  /** Heap in use and the buffers that hang on it, garbage included, MB. */
  readonly used: number;
}

export interface Observed {
  /** The highest of all samples. */
  readonly peak: Memory;
  /** Longest time between two turns of the event loop, ms. */
  readonly stretchMs: number;
  /** The same without the pauses of the garbage collector, and without time the process had no core. */
  readonly ownStretchMs: number;
}

/** One turn of the event loop that took long. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  /** What all threads of the process used of the processors meanwhile. */
  readonly cpuMs: number;
}

export function memoryNow(): Memory {
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss: rss / MEGABYTE, used: (heapUsed + external) / MEGABYTE };
}

/**
 * Turns with the event loop from `start` to `stop`.
 *
 * A stretch is the time between two of its turns, by the clock. Its own part leaves out what the collector reports as
 * its pauses; and since a stretch can't have worked longer than the process was given processor time, that bounds it on
 * a busy machine. Helper threads count into that time, so the bound is never too low.
 */
export class Probe {
  #peak: Memory = memoryNow();
  #sampledAt = 0;
  #last: { readonly at: number; readonly cpuMs: number } = moment();
  #next: NodeJS.Immediate | undefined;
  readonly #stretches: Stretch[] = [];
  readonly #pauses: PerformanceEntry[] = [];
  readonly #observer = new PerformanceObserver((list) => this.#pauses.push(...list.getEntries()));

  start(): void {
    this.#observer.observe({ entryTypes: ["gc"] });
    this.#last = moment();
    this.#next = setImmediate(this.#turn);
  }

  /** Takes a sample in the middle of a stretch, at most one in 5 ms; call it as often as you like. */
  readonly sample = (): void => {
    const now = performance.now();
    if (now - this.#sampledAt < MEMORY_EVERY_MS) return;
    this.#sampledAt = now;
    const { rss, used } = memoryNow();
    this.#peak = { rss: Math.max(rss, this.#peak.rss), used: Math.max(used, this.#peak.used) };
  };

  /** Ends the watch, and counts the stretch in which it is called. */
  async stop(): Promise<Observed> {
    this.#endStretch();
    clearImmediate(this.#next);
    // The observer is told of a pause in a later turn.
    await setTimeout(1);
    this.#pauses.push(...this.#observer.takeRecords());
    this.#observer.disconnect();
    return {
      peak: this.#peak,
      stretchMs: Math.max(0, ...this.#stretches.map(({ start, end }) => end - start)),
      ownStretchMs: Math.max(0, ...this.#stretches.map((stretch) => ownMs(stretch, this.#pauses))),
    };
  }

  readonly #turn = (): void => {
    this.#endStretch();
    this.sample();
    this.#next = setImmediate(this.#turn);
  };

  #endStretch(): void {
    const now = moment();
    const stretch = { start: this.#last.at, end: now.at, cpuMs: now.cpuMs - this.#last.cpuMs };
    if (stretch.end - stretch.start >= KEPT_MS) this.#stretches.push(stretch);
    this.#last = now;
  }
}

/** What a stretch took without the collector's pauses in it, and at most the processor time it was given. */
export function ownMs(stretch: Stretch, pauses: readonly Pick<PerformanceEntry, "startTime" | "duration">[]): number {
  const collecting = pauses.reduce((sum, { startTime, duration }) => {
    const overlap = Math.min(stretch.end, startTime + duration) - Math.max(stretch.start, startTime);
    return sum + Math.max(0, overlap);
  }, 0);
  return Math.max(0, Math.min(stretch.end - stretch.start - collecting, stretch.cpuMs));
}

function moment(): { readonly at: number; readonly cpuMs: number } {
  const { user, system } = process.cpuUsage();
  return { at: performance.now(), cpuMs: (user + system) / 1_000 };
}
