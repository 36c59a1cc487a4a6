/** The durability slot's dead letters: deliveries that have ended without being handled. */

import type { BatchFailure, Call } from "./backend.ts";
import type { DeadCode } from "./durable-message.ts";

export interface DeadLetter {
  readonly messageId: string;
  readonly identity: string;
  readonly code: DeadCode;
  readonly reason: string;
  readonly attempts: number;
  readonly contentType: string;
  /** Epoch ms by the sender's clock. */
  readonly sentAt: number;
  /** Epoch ms, store's clock. */
  readonly diedAt: number;
  readonly payload: Uint8Array;
}

/** Names one dead letter. */
export interface DeadLetterKey {
  readonly messageId: string;
  readonly identity: string;
}

export interface DeadLetterFacet {
  /** Pages in UTF-8 byte order of (identity, message id), behind `after`. */
  list(
    query: { readonly after?: DeadLetterKey; readonly pageSize: number; readonly identity?: string },
    call: Call,
  ): AsyncIterable<readonly DeadLetter[]>;
  /**
   * Queues them again for their identity, whatever its epoch now is, under their old message id, as never tried, for `ttlMs`
   * from now. Failures: NOT_FOUND, QUEUE_FULL.
   */
  redriveMany(
    keys: readonly DeadLetterKey[],
    options: { readonly ttlMs: number },
    call: Call,
  ): Promise<readonly BatchFailure[]>;
  /** Failures: NOT_FOUND. */
  purgeMany(keys: readonly DeadLetterKey[], call: Call): Promise<readonly BatchFailure[]>;
}
