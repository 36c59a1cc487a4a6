/** The contract's `sweep`. */

import type { RedisCall } from "../client.ts";
import { sweepScript } from "../scripts/queues/sweep.ts";
import { numberIn } from "../store/replies.ts";
import { run, type Space } from "./space.ts";

/** Of each kind, by one script. */
const MOST = 250;

export async function sweep(space: Space, limit: number, call: RedisCall): Promise<number> {
  if (!(limit >= 1)) return 0;
  const { trackingRetentionMs, deadLetterRetentionMs } = space.scope;
  const most = Math.min(Math.floor(limit), MOST);
  const args = [most, Math.ceil(trackingRetentionMs), Math.ceil(deadLetterRetentionMs)];
  return numberIn(await run(space, sweepScript, args, call));
}
