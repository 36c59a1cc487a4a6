/** What the durability slot keeps, and what becomes of it. */

/** What all recipients of one multicast have in common, as it is stored: once. */
export interface DurableMessage {
  /** Chosen by the sender, 1–128 characters; the same for all recipients, and in every repetition. */
  readonly id: string;
  readonly contentType: string;
  /** Epoch ms by the sender's clock. */
  readonly sentAt: number;
  /** `exactly-once`: its recipients handle it within {@link TransactionFacet}. */
  readonly guarantee: "at-least-once" | "exactly-once";
  /** Address of a process that wants to hear of acknowledgements; only a hint, and only core's business. */
  readonly replyTo: string | undefined;
  readonly payload: Uint8Array;
}

/** Why a delivery has ended without being handled. */
export type DeadCode = "REJECTED" | "DEAD_LETTERED" | "UNREGISTERED" | "EXPIRED";
