/** How a consignment gets to where it goes. */

import type { Call, OutboxFailure, ParcelSettlement } from "../slots/index.ts";
import type { Consignment, Fate } from "./consignment.ts";

export interface Passage {
  /** A relay before this one, or a try before this, may have handed some of it over already. */
  readonly mayRepeat: boolean;
  /** Monotonic: when the shard's lease is over. */
  readonly until: number;
  /** The relay is about to stop: whoever waits for recipients waits no longer. */
  readonly stopping: AbortSignal;
}

export interface Carrier {
  /** How those whom a {@link Fate} does not name are settled. */
  readonly as: ParcelSettlement["as"];
  /** Repeating it is safe. @throws where what has become of it is not known; it is tried again. */
  carry(consignment: Consignment, passage: Passage, call: Call): Promise<Fate>;
  /** Of these multicasts nothing is in the outbox any more. @throws what the slot throws. */
  conclude(ids: readonly string[], call: Call): Promise<void>;
}

export const NOBODY_FAILED: ReadonlyMap<string, OutboxFailure> = new Map();
export const NOBODY_LEFT: ReadonlySet<string> = new Set();
