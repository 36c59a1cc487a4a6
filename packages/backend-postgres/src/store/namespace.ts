/** One namespace as an open registry knows it. */

import type { PostgresClient } from "../client.ts";
import type { FieldIndexes } from "../selection/writing.ts";
import type { Statements } from "./statements.ts";

export interface Namespace {
  readonly client: PostgresClient;
  readonly name: string;
  readonly maxIdentities: number | undefined;
  /** What distinguishes the advisory lock of the quota from others of that database. */
  readonly quotaLock: string;
  readonly sql: Statements;
  readonly indexes: FieldIndexes;
  /** Only to be held: see `keptShapes`. */
  readonly shapes: readonly unknown[];
}
