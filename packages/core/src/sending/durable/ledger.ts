/** What the sender of a durable multicast knows of its recipients while it waits for them. */

import type { TimedCall } from "../../slots/index.ts";
import type { ReceiptsFrame } from "../../wire/receipts.ts";
import type { Tally } from "../report.ts";

export interface Ledger {
  /** The store has accepted these: those that can acknowledge it now, and the others. */
  accept(attached: readonly string[], offline: readonly string[]): void;
  /** A hint, which may come before its recipient was known as accepted, more than once, or never. */
  hear(receipts: ReceiptsFrame): void;
  /** Resolves when everyone who can has settled, as far as that can be told, or the call is about to end. Never rejects. */
  settled(call: TimedCall): Promise<void>;
  /**
   * Tallies everyone who was accepted. `uncertain` may have been: whoever is known to be tallied as such, the others as
   * `timeout`.
   *
   * @throws what reading the store throws; everyone has been tallied as pending then.
   */
  close(tally: Tally, uncertain: readonly string[]): Promise<void>;
}
