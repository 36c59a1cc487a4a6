/** The messaging slot in one process: publishers put copies straight into the inboxes that listen. */

import {
  type BatchFailure,
  type Call,
  checkColumns,
  checkOutgoing,
  checkPrefetch,
  type ColumnFacet,
  type Inbox,
  type InboxOptions,
  type MessagingBackend,
  type MessagingTraits,
  type Outgoing,
  rowsOf,
  type Scope,
} from "@muster/core/slots";
import { MAX_BATCH, MAX_PAYLOAD_BYTES } from "./arguments.ts";
import type { Broker, Receiver } from "./broker.ts";
import { Client, NAME } from "./client.ts";
import { Line, type MemoryFaults } from "./faults.ts";
import { type MemoryHub, memoryHub } from "./hub.ts";
import { MemoryInbox } from "./inbox.ts";
import { type Fate, failureOf, type Parcel } from "./parcel.ts";

export interface MemoryMessagingOptions {
  /** Default: one of its own, which nobody else sees. */
  readonly hub?: MemoryHub;
  /** For tests: the misfortunes of the process this client stands for. */
  readonly faults?: MemoryFaults;
  /** How long a full inbox holds a publisher back before the message fails with `RATE_LIMITED`. Default 1,000 ms. */
  readonly maxHoldMs?: number;
}

const TRAITS: MessagingTraits = Object.freeze({
  delivery: "at-most-once",
  order: "per-publisher",
  retains: false,
  reportsNoReceiver: true,
  maxPayloadBytes: MAX_PAYLOAD_BYTES,
  maxBatch: MAX_BATCH,
});

/** Messaging in the memory of this process. Every inbox on an address gets every message for it. */
export function memoryMessaging(options: MemoryMessagingOptions = {}): MessagingBackend {
  return new MemoryMessaging(options);
}

class MemoryMessaging implements MessagingBackend {
  readonly name: string = NAME;
  readonly traits: MessagingTraits = TRAITS;
  readonly columns: ColumnFacet = {
    publishMany: async (batch, call) =>
      this.#publish(() => {
        checkColumns(batch, TRAITS, NAME);
        return rowsOf(batch);
      }, call),
  };
  readonly #hub: MemoryHub;
  readonly #client: Client;
  readonly #maxHoldMs: number;
  readonly #inboxes = new Set<MemoryInbox>();
  #namespace = "";

  constructor({ hub = memoryHub(), faults, maxHoldMs = 1_000 }: MemoryMessagingOptions) {
    this.#hub = hub;
    this.#client = new Client("broker", new Line(hub.faults, ...(faults ? [faults] : [])));
    this.#maxHoldMs = maxHoldMs;
  }

  async open({ namespace }: Scope, call: Call): Promise<void> {
    await this.#client.open(call, () => {
      this.#namespace = namespace;
    });
  }

  async publishMany(batch: readonly Outgoing[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#publish(() => {
      checkOutgoing(batch, TRAITS, NAME);
      return batch;
    }, call);
  }

  async #publish(checked: () => readonly Outgoing[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#client.run("publishMany", call, async () => {
      const batch = checked();
      const isGivenUp = (): boolean => call.signal.aborted || !this.#client.isOpen || this.#client.line.isStopped;
      return publish(this.#broker, batch, isGivenUp, this.#maxHoldMs);
    });
  }

  async openInbox(options: InboxOptions, call: Call): Promise<Inbox> {
    return this.#client.run("openInbox", call, () => {
      checkPrefetch(options.prefetch, NAME);
      const inbox = new MemoryInbox(this.#client, this.#broker, options);
      this.#inboxes.add(inbox);
      return inbox;
    });
  }

  async close(): Promise<void> {
    await this.#client.close(() => {
      for (const inbox of this.#inboxes) inbox.close();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #broker(): Broker {
    return this.#hub.broker(this.#namespace);
  }
}

/** Each inbox gets what is for it in the order of the batch, and none waits for another. */
async function publish(
  broker: Broker,
  batch: readonly Outgoing[],
  isGivenUp: () => boolean,
  maxHoldMs: number,
): Promise<readonly BatchFailure[]> {
  const fates = batch.map((): Fate => ({ taken: 0, stalled: 0 }));
  const lanes = new Map<Receiver, Parcel[]>();
  for (const [index, fate] of fates.entries()) {
    const message = batch[index];
    if (message === undefined) continue;
    for (const receiver of broker.receiversAt(message.address)) {
      const lane = lanes.get(receiver);
      if (lane === undefined) lanes.set(receiver, [{ message, fate }]);
      else lane.push({ message, fate });
    }
  }
  await Promise.all([...lanes].map(([receiver, parcels]) => receiver.accept(parcels, isGivenUp, maxHoldMs)));
  return batch.flatMap(
    ({ address }, index) => failureOf(index, address, fates[index] ?? { taken: 0, stalled: 0 }) ?? [],
  );
}
