/** Durable messages that nobody could handle, as users see them. */

import type { CallOptions } from "./slots/index.ts";

/** A durable message that ended without being handled. */
export interface DeadMessage {
  /** The multicast's id. */
  readonly id: string;
  readonly identity: string;
  /** `REJECTED`, `DEAD_LETTERED` (tried too often), `UNREGISTERED` or `EXPIRED`. */
  readonly code: string;
  readonly reason: string;
  readonly attempts: number;
  readonly contentType: string;
  /** Epoch ms by the sender's clock. */
  readonly sentAt: number;
  /** Epoch ms, store's clock. */
  readonly diedAt: number;
  readonly payload: Uint8Array;
}

/** Names one dead message; a {@link DeadMessage} does. */
export interface DeadMessageKey {
  readonly id: string;
  readonly identity: string;
}

/** Durable messages nobody could handle. Every method: @throws UNSUPPORTED where the durability slot keeps none. */
export interface DeadLetters {
  /** By identity in UTF-8 order, then by id; page by page behind the scenes. */
  list(options?: Pick<CallOptions, "signal"> & { readonly identity?: string }): AsyncIterableIterator<DeadMessage>;
  /**
   * Queues them once more, as never tried, under their old id: who has handled one exactly once already won't again.
   * Resolves with how many there were; the others are gone, or their queue is full.
   */
  redrive(keys: readonly DeadMessageKey[], options?: CallOptions & { readonly ttlMs?: number }): Promise<number>;
  /** Throws them away. Resolves with how many there were. */
  purge(keys: readonly DeadMessageKey[], options?: CallOptions): Promise<number>;
}
