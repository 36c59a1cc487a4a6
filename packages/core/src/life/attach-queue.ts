import type { Host } from "../host.ts";
import type { Served } from "./served.ts";
import type { Call } from "../slots/index.ts";

/**
 * Resolves when this process is handed the queue of a registration that has a receiver; at once when it doesn't live, or
 * without a durability slot. False: another life of it is attached already, and it has been lost.
 *
 * @throws TIMEOUT, ABORTED; what the durability slot throws. Then it is not attached.
 */
export async function attachQueue(host: Host, served: Served, call: Call): Promise<boolean> {
  const { mailbox, epoch } = served;
  if (host.durable === undefined || mailbox === undefined || !served.isLive) return true;
  const isAttached = await host.durable.attach(served, mailbox, call);
  if (!isAttached && served.epoch === epoch) host.lose(served, "fenced");
  return isAttached;
}
