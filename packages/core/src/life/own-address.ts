/** Addresses that registrations name themselves: live in this process as long as one of them has a receiver here. */

import type { Host } from "../host.ts";
import type { Served } from "./served.ts";
import type { Call } from "../slots/index.ts";
import { untilAborted } from "../tasks/until-aborted.ts";

/** The address under which a registration is stored: none without a receiver, unless it names one of its own. */
export function addressOf(host: Host, served: Served): string | undefined {
  return served.options.address ?? (served.mailbox === undefined ? undefined : host.node?.address);
}

/** Resolves once messages to its own address arrive; at once when it has none. @throws what the messaging slot throws. */
export async function holdAddress(host: Host, served: Served, call: Call): Promise<void> {
  const { address } = served.options;
  if (host.node === undefined || address === undefined || served.holdsAddress) return;
  served.holdsAddress = true;
  const use = host.addresses.get(address) ?? { holders: 0, ended: Promise.resolve() };
  host.addresses.set(address, use);
  use.holders += 1;
  await untilAborted(use.ended, call, "core.holdAddress");
  await host.node.addAddress(address, call);
}

/** Ends it in the background when nobody else here holds it. */
export function endAddress(host: Host, served: Served): void {
  const { node, addresses } = host;
  const { address } = served.options;
  const use = address === undefined ? undefined : addresses.get(address);
  if (node === undefined || address === undefined || use === undefined || !served.holdsAddress) return;
  served.holdsAddress = false;
  use.holders -= 1;
  if (use.holders > 0) return;
  use.ended = host.background.finish("core.removeAddress", host.timing.timeoutMs, async (call) => {
    await node.removeAddress(address, call);
    if (use.holders === 0 && addresses.get(address) === use) addresses.delete(address);
  });
}
