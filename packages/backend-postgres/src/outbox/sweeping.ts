/** The contract's `sweep`. */

import type { PostgresCall } from "../client.ts";
import type { Ledger } from "./ledger.ts";
import { EXPIRED_REASON } from "./multicasts.ts";

/** One transaction takes no longer than others can wait for. */
const MAX_ROWS = 10_000;

export async function sweep(
  { client, number, keepMs, sql }: Ledger,
  limit: number,
  call: PostgresCall,
): Promise<number> {
  if (!(limit >= 1)) return 0;
  const most = Math.min(Math.floor(limit), MAX_ROWS);
  const [[expired = null] = []] = await client.query(sql.expire, [number, most, EXPIRED_REASON], call);
  const [[forgotten = null] = []] = await client.query(sql.forget, [number, most, keepMs], call);
  return Number(expired) + Number(forgotten);
}
