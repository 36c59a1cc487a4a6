/** What the store keeps of one identity. */

import type { OrderedList, Registration } from "@muster/core/slots";

/** One identity's place in the store, through all its lives until its tombstone goes. */
export interface StoredRecord {
  readonly identity: string;
  /** The epoch of its first life: unique, and never changed while the record waits somewhere. */
  readonly firstEpoch: number;
  readonly isSession: boolean;
  /** Replaced by each write, never changed: readers keep what they were given. */
  registration: Registration;
  /** It has no expiry of its own: its session keeps it alive. */
  isSessionBound: boolean;
  /** `standing` is live or expired; a `tombstone` remembers who the step `over` is about. */
  stage: "standing" | "tombstone" | "gone";
  /** Where it waits for its end; absent: none is in sight. */
  queue: OrderedList<StoredRecord> | undefined;
  /** When it is next to be looked at there, epoch ms; never changed while it waits. */
  dueAt: number;
  /** When its next step became due, claimed or not: what "oldest" means. For `over`, without the grace. */
  endsAt: number;
}
