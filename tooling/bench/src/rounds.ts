/** Times contenders against each other, interleaved, so that a slow minute slows all of them. */

import { setTimeout } from "node:timers/promises";
import { Disagreement, type Timing, timingOf } from "./scenario.ts";
import { quantile } from "./statistics.ts";

/** Describes the work that was done; equal for all contenders of a round, and in all rounds. */
type Answer = string | number;

const SWEEP_MS = 10;
/** So many samples' time, two seconds as a rule: what receives in other processes is compiled only after some hundreds of frames. */
const WARM_UP_SAMPLES = 40;
/** Below, nothing is measured that anybody reads: one sample's time has to do. */
const MEASURED_SIZE = 1_000;
/** Who is slower than another runs as often, as long as that takes no more than so many of the least samples. */
const MAX_SAMPLES_LONG = 4;

export interface Contender {
  readonly name: string;
  /** The timed part. */
  run(): Answer | Promise<Answer>;
  /** Untimed, before each sample; a contender that needs it runs once per sample. */
  prepare?(): void | Promise<void>;
}

export interface RoundsOptions {
  readonly rounds: number;
  /** Documents or identities that one run handles. */
  readonly size: number;
  /**
   * A sample is the fastest of so many runs as take the quickest contender this long. For all of them alike, as far as none is
   * much slower: whoever has more tries has a better fastest. Default 50.
   */
  readonly minSampleMs?: number;
}

/** Milliseconds per run, one sample a round. */
export class Rounds {
  readonly #size: number;
  readonly #samples: ReadonlyMap<string, readonly number[]>;

  constructor(samples: ReadonlyMap<string, readonly number[]>, size: number) {
    this.#samples = samples;
    this.#size = size;
  }

  get timings(): readonly Timing[] {
    return [...this.#samples].map(([name, samples]) => timingOf(name, samples, this.#size));
  }

  /** Round by round, ms. */
  times(name: string): readonly number[] {
    return this.#of(name);
  }

  /** Round by round, the time of `numerator` divided by that of the fastest of `denominators`. */
  ratio(numerator: string, ...denominators: readonly string[]): readonly number[] {
    const fastest = this.#fastest(denominators);
    return this.#of(numerator).map((ms, round) => ms / (fastest[round] ?? Number.NaN));
  }

  /** Round by round, how many times as fast `subject` is as the fastest of `baselines`. */
  speedup(subject: string, ...baselines: readonly string[]): readonly number[] {
    return this.ratio(subject, ...baselines).map((ratio) => 1 / ratio);
  }

  /** By the median of all rounds: the least of two in each round is less than either, by no more than chance. */
  #fastest(names: readonly string[]): readonly number[] {
    const [first = [], ...others] = names.map((name) => this.#of(name));
    return others.reduce((best, one) => (quantile(one, 0.5) < quantile(best, 0.5) ? one : best), first);
  }

  #of(name: string): readonly number[] {
    const samples = this.#samples.get(name);
    if (samples === undefined) throw new RangeError(`no contender is called ${name}`);
    return samples;
  }
}

/**
 * Plays all rounds: every contender once a round, in the order given in even rounds and reversed in odd ones, each after
 * a garbage collection (where `--expose-gc` allows one) that is not timed.
 *
 * @throws Disagreement when two runs give different answers.
 */
export async function playRounds(contenders: readonly Contender[], options: RoundsOptions): Promise<Rounds> {
  const answers = new Answers();
  const { minSampleMs = 50, size } = options;
  const warmUpMs = (size < MEASURED_SIZE ? 1 : WARM_UP_SAMPLES) * minSampleMs;
  const fastestMs = new Map<Contender, number>();
  for (const contender of contenders) fastestMs.set(contender, await warmUp(contender, warmUpMs, answers));
  const repeats = repeatsOf(fastestMs, minSampleMs);

  const samples = new Map(contenders.map(({ name }): [string, number[]] => [name, []]));
  for (let round = 0; round < options.rounds; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      samples.get(contender.name)?.push(await sample(contender, repeats.get(contender) ?? 1, answers));
    }
  }
  return new Rounds(samples, options.size);
}

/** Remembers the first answer and compares all others with it. */
class Answers {
  #first: { readonly name: string; readonly answer: Answer } | undefined;

  check(name: string, answer: Answer): void {
    this.#first ??= { name, answer };
    if (answer === this.#first.answer) return;
    throw new Disagreement(`${name} answers ${answer}, ${this.#first.name} answered ${this.#first.answer}`);
  }
}

/**
 * Runs until the optimizer has had its chance, in other processes too; the time of the fastest run. Nothing is collected in
 * between: for one that takes ten milliseconds, collections would take most of its time.
 */
async function warmUp(contender: Contender, warmUpMs: number, answers: Answers): Promise<number> {
  const deadline = performance.now() + warmUpMs;
  let fastestMs = Number.POSITIVE_INFINITY;
  for (let runs = 0; runs < 2 || performance.now() < deadline; runs++) {
    await contender.prepare?.();
    fastestMs = Math.min(fastestMs, await timed(contender, answers));
  }
  return fastestMs;
}

/** How many runs make one sample of each. */
function repeatsOf(fastestMs: ReadonlyMap<Contender, number>, minSampleMs: number): ReadonlyMap<Contender, number> {
  const most = minSampleMs / Math.min(...fastestMs.values());
  return new Map(
    [...fastestMs].map(([contender, ms]) => {
      const bearable = Math.min(most, (MAX_SAMPLES_LONG * minSampleMs) / ms);
      return [contender, contender.prepare === undefined ? Math.max(1, Math.ceil(bearable)) : 1];
    }),
  );
}

/** The fastest of so many runs: what else the machine does makes some of them slower and none faster. */
async function sample(contender: Contender, repeats: number, answers: Answers): Promise<number> {
  await contender.prepare?.();
  await collectGarbage();
  let fastestMs = Number.POSITIVE_INFINITY;
  for (let run = 0; run < repeats; run++) {
    fastestMs = Math.min(fastestMs, await timed(contender, answers));
  }
  return fastestMs;
}

async function timed(contender: Contender, answers: Answers): Promise<number> {
  const start = performance.now();
  const result = contender.run();
  const answer = typeof result === "object" ? await result : result;
  const ms = performance.now() - start;
  answers.check(contender.name, answer);
  return ms;
}

/** A full collection, its sweeping included, where the process was started with `--expose-gc`. */
export async function collectGarbage(): Promise<void> {
  globalThis.gc?.();
  // Sweeping goes on in other threads, and they need a core too.
  if (globalThis.gc !== undefined) await setTimeout(SWEEP_MS);
}
