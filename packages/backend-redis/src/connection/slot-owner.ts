/** Which master of a cluster has a slot. */

import type { Cluster } from "ioredis";
import type { RedisNode } from "../options.ts";

/** As the nodes tell of one another; `undefined` where nobody has the slot of that key. Rejects as the driver does. */
export async function slotOwner(cluster: Cluster, key: string): Promise<RedisNode | undefined> {
  const [slot, ranges] = await Promise.all([cluster.cluster("KEYSLOT", key), cluster.cluster("SLOTS")]);
  const found = ranges.find(([first, last]) => Number(first) <= slot && slot <= Number(last));
  const master: unknown = found?.[2]; // Its replicas stand behind it.
  if (!Array.isArray(master)) return undefined;
  return { host: String(master[0]), port: Number(master[1]) };
}
