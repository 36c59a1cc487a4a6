/** Durable multicasts as a user has them: one fleet sends, another serves, or nobody does yet. */

import type { Fleet } from "@muster/core";
import { PAYLOAD, Receivers } from "../fleets.ts";
import { Histogram } from "../histogram.ts";
import type { Contender } from "../rounds.ts";
import { Disagreement } from "../scenario.ts";
import { identityOf } from "../store.ts";

const WAVE = 2_000;
const KEPT = { delivery: "at-least-once" } as const;

/** The slots under them. */
export interface Fleets {
  open(namespace: string): Promise<Fleet>;
  /** Forgets every message, whatever its state. Default: they stay. */
  forget?(): Promise<void>;
}

export class FleetQueue implements AsyncDisposable {
  readonly #under: Fleets;
  readonly #sender: Fleet;
  readonly #server: Fleet;
  readonly #receivers: Receivers;
  readonly #size: number;
  /** Of every delivery of {@link delivering} so far: from the call until its sender knew that its handler had finished. */
  readonly latencies: Histogram = new Histogram();

  private constructor(under: Fleets, fleets: readonly [Fleet, Fleet], receivers: Receivers, size: number) {
    this.#under = under;
    [this.#sender, this.#server] = fleets;
    this.#receivers = receivers;
    this.#size = size;
  }

  /** @param isServed false: they are registered, and whoever served them has gone. */
  static async open(under: Fleets, size: number, isServed: boolean): Promise<FleetQueue> {
    const namespace = isServed ? "served" : "unserved";
    const receivers = new Receivers();
    const fleets: readonly [Fleet, Fleet] = [await under.open(namespace), await under.open(namespace)];
    const options = isServed ? { onMessage: receivers.count } : {};
    for (let start = 0; start < size; start += WAVE) {
      const wave = Array.from({ length: Math.min(WAVE, size - start) }, (_, at) =>
        fleets[1].register(identityOf(start + at), {}, options),
      );
      await Promise.all(wave);
    }
    if (!isServed) await fleets[1].close({ leave: "offline" });
    return new FleetQueue(under, fleets, receivers, size);
  }

  /** Until all are enqueued, with a record, bells and a report: nobody can acknowledge it. */
  get enqueuing(): Contender {
    return {
      name: "multicast to who is away",
      prepare: () => this.#empty(),
      run: async () => {
        const { pendingCount } = await this.#sender.multicast(null, PAYLOAD, KEPT);
        return pendingCount;
      },
    };
  }

  /** Until the sender's report says that every handler has finished. */
  get delivering(): Contender {
    return {
      name: "multicast, acknowledged",
      prepare: () => this.#empty(),
      run: async () => {
        const everyone = this.#receivers.expect(this.#size);
        const start = performance.now();
        const onReceipts = (receipts: readonly unknown[]): void =>
          this.latencies.record(performance.now() - start, receipts.length);
        const { deliveredCount } = await this.#sender.multicast(null, PAYLOAD, { ...KEPT, onReceipts });
        if (deliveredCount < this.#size) throw new Disagreement(`${deliveredCount} of ${this.#size} delivered`);
        await everyone;
        return deliveredCount;
      },
    };
  }

  /** How long one takes that is sent by itself, ms. */
  async deliverOne(index: number): Promise<number> {
    const start = performance.now();
    const one = { $identity: identityOf(index % this.#size) };
    const { deliveredCount } = await this.#sender.multicast(one, PAYLOAD, KEPT);
    if (deliveredCount !== 1) throw new Disagreement(`${deliveredCount} of one delivered`);
    return performance.now() - start;
  }

  /** Records the same of each of up to a hundred that are next to each other, from when the multicast was due. */
  async deliverSome(index: number, due: number, latencies: Histogram): Promise<void> {
    const onReceipts = (receipts: readonly unknown[]): void =>
      latencies.record(performance.now() - due, receipts.length);
    const alike = identityOf((100 * index) % this.#size).slice(0, -2);
    const some = { $identity: { $startswith: alike } };
    const { deliveredCount, targetCount } = await this.#sender.multicast(some, PAYLOAD, { ...KEPT, onReceipts });
    if (deliveredCount < targetCount) throw new Disagreement(`${deliveredCount} of ${targetCount} delivered`);
  }

  /** As many at once as a multicast has batches under way: each of their connections has planned what it sends. */
  async #empty(): Promise<void> {
    await this.#under.forget?.();
    const one = { $identity: identityOf(0) };
    await Promise.all([1, 2].map(() => this.#sender.multicast(one, PAYLOAD, KEPT)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#sender, this.#server].map((fleet) => fleet.close({ leave: "offline" })));
  }
}
