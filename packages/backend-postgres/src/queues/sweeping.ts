/** The contract's `sweep`. */

import type { PostgresCall } from "../client.ts";
import type { Space } from "./space.ts";

/** One transaction takes no longer than others can wait for. */
const MAX_ROWS = 5_000;

export async function sweep({ client, number, scope, sql }: Space, limit: number, call: PostgresCall): Promise<number> {
  if (!(limit >= 1)) return 0;
  const most = Math.min(Math.floor(limit), MAX_ROWS);
  const values = [number, most, Math.ceil(scope.trackingRetentionMs), Math.ceil(scope.deadLetterRetentionMs)];
  const [[swept = null] = []] = await client.query(sql.sweepQueues, values, call);
  return Number(swept);
}
