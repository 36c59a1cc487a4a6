/** How this process stops serving a registration, whatever becomes of that. */

import type { Host } from "../host.ts";
import { endAddress } from "./own-address.ts";
import type { Served } from "./served.ts";
import { MusterError } from "../slots/index.ts";

/** Serves it no longer: nothing new reaches its receiver, nothing is planned for it. */
export function release(host: Host, served: Served): void {
  const { identity } = served.options;
  served.forget();
  host.served.delete(served);
  host.node?.detach(identity, served.epoch);
  served.detached = host.durable?.detach(identity, served.epoch);
}

/**
 * Resolves when a running handler has finished and the store knows what became of it; absent, as mostly: no handler runs.
 * Nothing more is handed over.
 */
export function endReceiver(host: Host, served: Served): Promise<void> | undefined {
  endAddress(host, served);
  return served.mailbox?.close()?.then(() => served.detached) ?? served.detached;
}

/** Whoever is still at work has had his time. */
export function abandonReceiver({ mailbox, options: { identity } }: Served): void {
  const message = "its registration has ended, and so has the time that handlers have to finish";
  mailbox?.abandon(new MusterError({ code: "TIMEOUT", source: "core.lose", subject: identity, message }));
}
