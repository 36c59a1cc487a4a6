/** Signs of life: `renewMany`. */

import type { Lease, LeaseOutcome } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { bigintArray, optionalNumber, textArray } from "../codec.ts";
import { type Answer, sendBatch } from "./batches.ts";
import type { Namespace } from "./namespace.ts";
import { wholeMs } from "./writing.ts";

/** The contract's `renewMany`. */
export async function renewMany(
  namespace: Namespace,
  leases: readonly Lease[],
  call: PostgresCall,
): Promise<readonly LeaseOutcome[]> {
  const send = async (part: readonly Lease[]): Promise<readonly Answer<LeaseOutcome>[]> => {
    const { client, name, sql } = namespace;
    const values = [
      name,
      textArray(part.map(({ identity }) => identity)),
      bigintArray(part.map(({ epoch }) => epoch)),
      bigintArray(part.map(({ ttlMs }) => wholeMs(ttlMs))),
      bigintArray(part.map(({ expiresAt }) => wholeMs(expiresAt))),
    ];
    const rows = await client.query(sql.renewMany, values, call);
    return rows.map(([n = null, verdict = null, expiresAt]) => [Number(n) - 1, outcomeOf(verdict, expiresAt)]);
  };
  return sendBatch({ items: leases, lengthOf: ({ identity }) => identity.length, send }, call);
}

function outcomeOf(verdict: string | null, expiresAt: string | null | undefined): LeaseOutcome {
  if (verdict === "a") return "absent";
  return verdict === "f" ? "fenced" : (optionalNumber(expiresAt) ?? "never");
}
