/** One namespace as an open durability slot knows it. */

import type { DurabilityScope } from "@muster/core/slots";
import type { PostgresCall, PostgresClient } from "../client.ts";
import type { Statements } from "./statements.ts";
import { Turns } from "./turns.ts";

export interface Space {
  readonly client: PostgresClient;
  /** Its number. */
  readonly number: number;
  readonly scope: DurabilityScope;
  readonly sql: Statements;
  /** Sessions in whose lanes something lies in the way, since they were last handed something. */
  readonly crowded: Set<string>;
  /** Of handlers in transactions. */
  readonly turns: Turns;
}

/** Half of the connections are left to whatever else is to be done, also by these handlers. */
export function turnsOf({ maxConnections }: PostgresClient): Turns {
  return new Turns(Math.max(1, Math.floor(maxConnections / 2)));
}

/** Of whoever asks first it gets its number. */
export async function numberOf(
  client: PostgresClient,
  sql: Statements,
  namespace: string,
  call: PostgresCall,
): Promise<number> {
  for (;;) {
    const [[found = null] = []] = await client.query(sql.findSpace, [namespace], call);
    if (found !== null) return Number(found);
    await client.query(sql.addSpace, [namespace], call);
  }
}
