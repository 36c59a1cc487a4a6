/** One namespace as an open durability slot knows it; it travels with every operation. */

export interface Space {
  /** Its number. */
  readonly space: number;
  readonly trackingRetentionMs: number;
  readonly deadLetterRetentionMs: number;
  /** Deliveries that may be queued for one identity; absent: no limit. */
  readonly maxQueued: number | undefined;
}
