/** What a multicast knows about its recipients. */

/** The codes that stand in a receipt, beside those of {@link ErrorCode}. */
export type DeliveryStatus = "delivered" | "pending" | "failed" | "timeout";

/**
 * What is known about one recipient of one multicast.
 *
 * At-most-once, `delivered` means that the broker accepted the message for this recipient; `failed` that it was refused
 * or had no route; `timeout` that the broker did not answer, so that it may or may not have been accepted.
 *
 * Under the stronger guarantees `delivered` means that the recipient's handler finished and its acknowledgement arrived;
 * `pending` that a store keeps it until it is; `failed` that it was refused, rejected for good, or has ended unhandled;
 * `timeout` that it was not acknowledged in time and nothing durable holds it: it may have been handled, or still be.
 */
export interface Receipt {
  readonly identity: string;
  readonly status: DeliveryStatus;
  /** An error code, such as `NO_ROUTE`; present exactly when `status` is `failed` or `timeout`. */
  readonly code?: string;
  readonly reason?: string;
}

/**
 * The outcome of one multicast: `targetCount` is always the sum of the four counts.
 *
 * Source: RFC-017, Multicast Operation.
 */
export interface MulticastReport {
  /** The message's id, as every recipient sees it. */
  readonly id: string;
  readonly targetCount: number;
  readonly deliveredCount: number;
  readonly pendingCount: number;
  readonly failedCount: number;
  readonly timeoutCount: number;
  /**
   * The targets could not be read to their end: `code` says why, and identities up to and including `after` (in UTF-8
   * order; absent: none for certain) were resolved. Whoever comes later is in none of the counts.
   */
  readonly incomplete?: { readonly code: string; readonly after?: string };
  /** Receipts that are not `delivered`, in no order, the first 1,000; the counts tell whether there are more. */
  readonly statuses: readonly Receipt[];
}
