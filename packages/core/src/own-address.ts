/** Addresses that registrations name themselves: live in this process as long as one of them has a receiver here. */

import type { Host } from "./host.ts";
import type { Served } from "./served.ts";
import type { Call } from "./slots/index.ts";

/** Resolves once messages to its own address arrive; at once when it has none. @throws what the messaging slot throws. */
export async function holdAddress(host: Host, served: Served, call: Call): Promise<void> {
  const { address } = served.options;
  if (host.node === undefined || address === undefined || served.holdsAddress) return;
  served.holdsAddress = true;
  host.addresses.set(address, (host.addresses.get(address) ?? 0) + 1);
  await host.node.addAddress(address, call);
}

/** Ends it in the background when nobody else here holds it. */
export function endAddress(host: Host, served: Served): void {
  const { node } = host;
  const { address } = served.options;
  if (node === undefined || address === undefined || !served.holdsAddress) return;
  served.holdsAddress = false;
  const others = (host.addresses.get(address) ?? 1) - 1;
  if (others > 0) {
    host.addresses.set(address, others);
    return;
  }
  host.addresses.delete(address);
  host.background.run("core.removeAddress", host.timing.timeoutMs, (call) => node.removeAddress(address, call));
}
