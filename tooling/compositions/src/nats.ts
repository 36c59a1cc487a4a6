/** One NATS does all three: it knows who is there, reaches them, and keeps what they have not had. */

import { natsDurability, natsMessaging, natsRegistry } from "@muster/backend-nats";
import type { Subject } from "@muster/conformance";
import { withMortalProcesses } from "@muster/conformance/processes";
import { compile } from "@muster/testing/compile";

/** With processes that die, each of which imports this module. */
export function nats(url: string): Subject {
  return withMortalProcesses(subject(url), new URL(import.meta.url), { args: [url], compile });
}

/** @public Clients and nothing else. */
export function subject(servers: string): Subject {
  return {
    name: "nats",
    patienceMs: 15_000,
    registry: () => natsRegistry({ servers }),
    messaging: () => natsMessaging({ servers }),
    durability: () => natsDurability({ servers }),
  };
}
