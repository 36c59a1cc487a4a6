/** The outbox in one process: the contract of `@muster/core/slots`, rule by rule, over {@link Committed}. */

import type {
  Call,
  MulticastRecord,
  MulticastStart,
  OutboxBackend,
  OutboxBacklog,
  OutboxBellFacet,
  OutboxCounts,
  OutboxDelivery,
  OutboxTarget,
  OutboxTraits,
  Parcel,
  ParcelSettlement,
  Recorded,
  Scope,
  ShardLease,
} from "@muster/core/slots";
import {
  checkLease,
  checkMessage,
  checkTake,
  checkTtl,
  MAX_LEASE_MS,
  MAX_PAYLOAD_BYTES,
  MAX_TTL_MS,
  MIN_LEASE_MS,
} from "./arguments.ts";
import { NAME } from "./client.ts";
import type { MemoryFaults } from "./faults.ts";
import { type MemoryHub, memoryHub } from "./hub.ts";
import { OutboxAccess } from "./outbox/access.ts";
import { bellFacet } from "./outbox/bell-facet.ts";
import { idName } from "./outbox/committed.ts";
import { backlogOf, countsOf, deliveries, recordOf } from "./outbox/multicasts.ts";
import { Recording } from "./outbox/recording.ts";
import { settle } from "./outbox/settling.ts";
import { SHARDS } from "./outbox/shards.ts";
import { take } from "./outbox/taking.ts";
import type { MemoryTransaction } from "./transaction.ts";

const TRAITS: OutboxTraits = Object.freeze({
  shards: SHARDS,
  minLeaseMs: MIN_LEASE_MS,
  maxLeaseMs: MAX_LEASE_MS,
  maxTtlMs: MAX_TTL_MS,
  maxPayloadBytes: MAX_PAYLOAD_BYTES,
});

export interface MemoryOutboxOptions {
  /** Default: one of its own, which nobody else sees. */
  readonly hub?: MemoryHub;
  /** For tests: the misfortunes of the process this client stands for. */
  readonly faults?: MemoryFaults;
}

/**
 * An outbox in the memory of this process, which ends with its hub. Its transactions are those that handlers are given by
 * the durability slot, and those of `memoryTransaction`.
 */
export function memoryOutbox(options: MemoryOutboxOptions = {}): OutboxBackend<MemoryTransaction> {
  return new MemoryOutbox(options);
}

class MemoryOutbox implements OutboxBackend<MemoryTransaction> {
  readonly name: string = NAME;
  readonly traits: OutboxTraits = TRAITS;
  readonly bells: OutboxBellFacet;
  readonly #access: OutboxAccess;

  constructor({ hub = memoryHub(), faults }: MemoryOutboxOptions) {
    this.#access = new OutboxAccess(hub, faults);
    this.bells = bellFacet(this.#access);
  }

  async open(scope: Scope, call: Call): Promise<void> {
    await this.#access.open(scope, call);
  }

  async record(
    transaction: MemoryTransaction,
    start: MulticastStart,
    targets: AsyncIterable<readonly OutboxTarget[]>,
    call: Call,
  ): Promise<Recorded> {
    const recording = new Recording(this.#access, transaction, call);
    try {
      return await this.#access.client.run("record", call, () => {
        checkMessage(start.message, "record");
        checkTtl(start.ttlMs, "record");
        return recording.run(start, targets);
      });
    } catch (error) {
      recording.abandon();
      throw error;
    }
  }

  async leaseShards(
    relay: string,
    { leaseMs }: { readonly leaseMs: number },
    call: Call,
  ): Promise<readonly ShardLease[]> {
    return this.#access.run("leaseShards", call, ({ leases }, now) => {
      checkLease(leaseMs, "leaseShards");
      return leases.share(relay, now, now + leaseMs);
    });
  }

  async releaseShards(relay: string, call: Call): Promise<void> {
    await this.#access.run("releaseShards", call, ({ leases }, now) => leases.release(relay, now));
  }

  async take(
    lease: ShardLease,
    { maxTargets }: { readonly maxTargets: number },
    call: Call,
  ): Promise<readonly Parcel[]> {
    return this.#access.run("take", call, (outbox, now) => {
      checkTake(maxTargets, "take");
      return take(outbox, lease, maxTargets, now);
    });
  }

  async settleMany(
    lease: ShardLease,
    settlements: readonly ParcelSettlement[],
    call: Call,
  ): Promise<readonly string[]> {
    return this.#access.run("settleMany", call, (outbox, now) => settle(outbox, lease, settlements, now));
  }

  async backlog(call: Call): Promise<OutboxBacklog> {
    return this.#access.run("backlog", call, backlogOf);
  }

  async find(id: string, call: Call): Promise<MulticastRecord | undefined> {
    return this.#access.run("find", call, (outbox) => {
      const multicast = outbox.find([idName(id)]);
      return multicast && recordOf(multicast);
    });
  }

  async counts(id: string, call: Call): Promise<OutboxCounts> {
    return this.#access.run("counts", call, (outbox) => countsOf(outbox.find([idName(id)])));
  }

  deliveries(
    id: string,
    query: { readonly after?: string; readonly pageSize: number },
    call: Call,
  ): AsyncIterable<readonly OutboxDelivery[]> {
    return deliveries(this.#access, id, query, call);
  }

  /** Every operation has done it already: see `outbox/passing-time.ts`. */
  async sweep(_options: { readonly limit: number }, call: Call): Promise<number> {
    return this.#access.run("sweep", call, () => 0);
  }

  async close(): Promise<void> {
    await this.#access.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
