/** What the store keeps of one identity. */

import type { Registration } from "@muster/core/slots";
import type { Due, DueQueue } from "./due-queue.ts";

/** One identity's place in the store, through all its lives until its tombstone goes. */
export interface StoredRecord extends Due {
  readonly identity: string;
  readonly isSession: boolean;
  /** Replaced by each write, never changed: readers keep what they were given. */
  registration: Registration;
  /** It has no expiry of its own: its session keeps it alive. */
  isSessionBound: boolean;
  /** `standing` is live or expired; a `tombstone` remembers who the step `over` is about. */
  stage: "standing" | "tombstone" | "gone";
  /** The queue it waits in for its end; absent: none is in sight. */
  queue: DueQueue<StoredRecord> | undefined;
  /** When its next step became due, claimed or not: what "oldest" means. For `over`, without the grace. */
  endsAt: number;
}

/** A registration is expired from the very millisecond that it names. */
export function isExpired(registration: Registration, now: number): boolean {
  return registration.expiresAt !== undefined && registration.expiresAt <= now;
}
