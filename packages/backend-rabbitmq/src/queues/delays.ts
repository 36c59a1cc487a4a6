/** Queues in which retries wait: of powers of two, for however many delays and sessions, made when they are first wanted. */

import type { ChannelModel } from "amqplib";
import type { Names } from "./names.ts";
import { aside, declareDelay, SETTLING_MS } from "./topology.ts";

/** What comes back sooner waits where it is held. */
export const SHORTEST_MS = 1_000;
const LONGEST_MS = 65_536;

export class Delays {
  readonly #names: Names;
  readonly #model: () => ChannelModel | undefined;
  /** Monotonic: when each was there. */
  readonly #made = new Map<number, number>();

  constructor(names: Names, model: () => ChannelModel | undefined) {
    this.#names = names;
    this.#model = model;
  }

  /** The queue's; the longest has to be passed more than once by what waits longer. `undefined`: none is ready yet. */
  for(delayMs: number): number | undefined {
    const ms = Math.min(LONGEST_MS, 2 ** Math.ceil(Math.log2(delayMs)));
    const madeAt = this.#made.get(ms);
    if (madeAt === undefined) this.#make(ms);
    return madeAt !== undefined && performance.now() - madeAt > SETTLING_MS ? ms : undefined;
  }

  /** They may be gone. */
  forget(): void {
    this.#made.clear();
  }

  #make(ms: number): void {
    const model = this.#model();
    if (model === undefined) return;
    this.#made.set(ms, Number.POSITIVE_INFINITY);
    aside(model, async (channel) => declareDelay(channel, this.#names, ms)).then(
      () => void this.#made.set(ms, performance.now()),
      () => void this.#made.delete(ms), // The next that wants it tries again.
    );
  }
}
