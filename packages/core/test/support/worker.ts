/** Takes what a store keeps and settles it, as a receiver would, with none of core between. */

import { type MemoryHub, memoryDurability } from "@muster/backend-memory";
import type { DurabilityBackend, Leased, Settlement } from "../../src/slots/index.ts";

const CALL = { signal: new AbortController().signal };

export class Worker implements AsyncDisposable {
  readonly store: DurabilityBackend;
  readonly #session: string;

  private constructor(store: DurabilityBackend, session: string) {
    this.store = store;
    this.#session = session;
  }

  static async open(hub: MemoryHub, session = "worker"): Promise<Worker> {
    const store = memoryDurability({ hub }) as DurabilityBackend;
    await store.open({ namespace: "test" }, CALL);
    return new Worker(store, session);
  }

  /** From now on it is handed what waits for them. */
  async attach(...targets: readonly { readonly identity: string; readonly epoch: number }[]): Promise<void> {
    await this.store.attachMany(this.#session, targets, CALL);
  }

  /** What is due by now. */
  async take(max = 1_000): Promise<readonly Leased[]> {
    return await this.store.dequeue(this.#session, { max, maxPerIdentity: 100, waitMs: 0, leaseMs: 60_000 }, CALL);
  }

  /** Takes what is due, and settles each as `settlementOf` says; default: handled. Gives who had it. */
  async settle(settlementOf?: (identity: string, receipt: string) => Settlement): Promise<readonly string[]> {
    const recipients = (await this.take()).flatMap((leased) => leased.recipients);
    const settlements = recipients.map(
      ({ identity, receipt }): Settlement => settlementOf?.(identity, receipt) ?? { receipt, as: "ack" },
    );
    await this.store.settleMany(settlements, CALL);
    return recipients.map(({ identity }) => identity);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }
}
