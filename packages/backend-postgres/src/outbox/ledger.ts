/** One namespace as an open outbox knows it. */

import type { PostgresClient } from "../client.ts";
import type { Statements } from "./statements.ts";

export interface Ledger {
  readonly client: PostgresClient;
  readonly namespace: string;
  /** Its number. */
  readonly number: number;
  /** How long a multicast is known after it has ended. */
  readonly keepMs: number;
  /** Whom a commit tells; `undefined`: nobody. */
  readonly channel: string | undefined;
  readonly sql: Statements;
}
