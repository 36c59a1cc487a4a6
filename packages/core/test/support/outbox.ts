/** Puts messages into the queues of a hub and tells what has become of them, with none of core between. */

import { type MemoryFaults, type MemoryHub, memoryDurability } from "@muster/backend-memory";
import type {
  BatchFailure,
  DeadLetter,
  DurabilityBackend,
  DurableMessage,
  Target,
  TrackedDelivery,
} from "../../src/slots/index.ts";
import { all } from "./all.ts";

const CALL = { signal: new AbortController().signal };

const LEASE = { max: 1_000, maxPerIdentity: 1_000, waitMs: 0, leaseMs: 60_000 };

export class Outbox implements AsyncDisposable {
  readonly store: DurabilityBackend;

  private constructor(store: DurabilityBackend) {
    this.store = store;
  }

  static async open(hub: MemoryHub, faults?: MemoryFaults): Promise<Outbox> {
    const store = memoryDurability({ hub, ...(faults === undefined ? {} : { faults }) }) as DurabilityBackend;
    await store.open({ namespace: "test" }, CALL);
    return new Outbox(store);
  }

  /** Nobody is told of it. */
  async enqueue(
    id: string,
    targets: Target | readonly Target[],
    changes: Partial<DurableMessage> = {},
    ttlMs = 60_000,
  ): Promise<readonly BatchFailure[]> {
    const message: DurableMessage = {
      id,
      contentType: "text/plain",
      sentAt: 1,
      guarantee: "at-least-once",
      replyTo: undefined,
      payload: Buffer.from(id),
      ...changes,
    };
    return await this.store.enqueueMany(message, [targets].flat(), { ttlMs }, CALL);
  }

  /** Leases what waits for it so often, each time in vain. */
  async tryInVain(target: Target, times: number): Promise<void> {
    await this.store.attachMany("nobody", [target], CALL);
    for (let time = 0; time < times; time += 1) {
      const leased = await this.store.dequeue("nobody", LEASE, CALL);
      const receipts = leased.flatMap(({ recipients }) => recipients.map(({ receipt }) => receipt));
      await this.store.settleMany(
        receipts.map((receipt) => ({ receipt, as: "retry" })),
        CALL,
      );
    }
    await this.store.detachMany("nobody", [target.identity], CALL);
  }

  /** How often it has been leased, over all recipients. */
  async attempts(id: string): Promise<number> {
    return (await this.#deliveries(id)).reduce((sum, { attempts }) => sum + attempts, 0);
  }

  /** By identity: its status, or its code once it has failed. */
  async statuses(id: string): Promise<Readonly<Record<string, string>>> {
    return Object.fromEntries(
      (await this.#deliveries(id)).map(({ identity, status, code }) => [identity, code ?? status]),
    );
  }

  async deadLetters(): Promise<readonly DeadLetter[]> {
    const { deadLetters } = this.store;
    return deadLetters === undefined ? [] : (await all(deadLetters.list({ pageSize: 1_000 }, CALL))).flat();
  }

  async #deliveries(id: string): Promise<readonly TrackedDelivery[]> {
    const { tracking } = this.store;
    return tracking === undefined ? [] : (await all(tracking.deliveries(id, { pageSize: 1_000 }, CALL))).flat();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }
}
