/** What the parts of one process' view of its queues have in common. */

import type { Call } from "@muster/core/slots";
import type { Ledger } from "./ledger.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Mailboxes } from "./mailboxes.ts";
import type { DurabilitySettings } from "./settings.ts";
import type { Table } from "./table.ts";
import type { Tail } from "./tail.ts";
import type { LogRecord } from "./stretches.ts";
import type { Wire } from "./wire.ts";

export type IsWanted = (mailbox: Mailbox, offset: number) => boolean;

export interface Around {
  readonly settings: DurabilitySettings;
  /** Of this process, and no other. */
  readonly seal: string;
  /** Ends with it. */
  readonly life: Call;
  readonly table: Table;
  readonly mailboxes: Mailboxes;
  /** What is asked and written, and what is read again. */
  readonly wire: Wire;
  readonly ledger: Ledger;
  readonly tail: Tail;
  allShards(): readonly number[];
  /** Whoever waits to be handed something looks again. */
  wakeAll(): void;
  /** Hands what a record of `q` brings to those of them that want it. */
  distribute(record: LogRecord, mailboxes: ReadonlyMap<string, Mailbox>, isWanted: IsWanted): void;
}
