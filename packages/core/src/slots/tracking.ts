/** The durability slot's memory: which multicasts began, and what became of each delivery. */

import type { Call } from "./backend.ts";
import type { DeadCode, DurableMessage } from "./durable-message.ts";

/** How a multicast began, which is all that is needed to complete it. */
export interface MulticastStart {
  readonly message: DurableMessage;
  /** Unique in the namespace for as long as the record is kept. */
  readonly idempotencyKey: string | undefined;
  /** Tells two contents under one key apart. */
  readonly digest: string;
  /** Canonical JSON of the filter; `null`: everyone. */
  readonly filter: string | null;
  readonly ttlMs: number;
}

export interface MulticastRecord extends MulticastStart {
  /** `open`: its sender has not come to its end, or never will. */
  readonly state: "open" | "complete";
  /** Epoch ms, store's clock. */
  readonly startedAt: number;
}

/** What became of one delivery, so far. */
export interface TrackedDelivery {
  readonly identity: string;
  readonly status: "pending" | "delivered" | "failed";
  /** Present when `failed`. */
  readonly code: DeadCode | undefined;
  readonly reason: string | undefined;
  /** Leases that counted, so far. */
  readonly attempts: number;
}

export interface DeliveryCounts {
  readonly pending: number;
  readonly delivered: number;
  readonly failed: number;
}

export interface TrackingFacet {
  /**
   * Records a multicast before its first delivery, atomically: of several with one id or one idempotency key, one begins
   * and the others are given the record that stands.
   */
  begin(start: MulticastStart, call: Call): Promise<{ readonly begun: boolean; readonly record: MulticastRecord }>;
  /** Everyone it was meant for has been enqueued. Unknown: nothing. */
  complete(id: string, call: Call): Promise<void>;
  /** `undefined`: never begun, or over its retention. */
  find(id: string, call: Call): Promise<MulticastRecord | undefined>;
  /** Zeros for the unknown. */
  counts(id: string, call: Call): Promise<DeliveryCounts>;
  /** Pages in UTF-8 byte order of identity, `after` exclusive; only those with one of the statuses, where some are given. */
  deliveries(
    id: string,
    query: {
      readonly after?: string;
      readonly pageSize: number;
      readonly statuses?: readonly TrackedDelivery["status"][];
    },
    call: Call,
  ): AsyncIterable<readonly TrackedDelivery[]>;
}
