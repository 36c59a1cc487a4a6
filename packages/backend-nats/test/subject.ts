import type { Subject } from "@muster/conformance";
import { faultProxy, serverFaults } from "@muster/conformance/faults";
import { withMortalProcesses } from "@muster/conformance/processes";
import type { Server } from "@muster/servers";
import { compile } from "@muster/testing/compile";
import { natsDurability, natsMessaging, natsRegistry } from "../src/index.ts";

/**
 * A server as the conformance kit looks at it: through a proxy that can break the line. Its mortal processes import this
 * module, and get their clients from {@link subject}.
 */
export async function subjectOn({ host, port, control }: Server): Promise<Subject> {
  const proxy = await faultProxy({ host, port });
  const faults = serverFaults({ proxies: [proxy], controls: [control], keepsData: true });
  const whole = { ...subject(`nats://${proxy.host}:${proxy.port}`), faults, close: async () => proxy.close() };
  return withMortalProcesses(whole, new URL(import.meta.url), { args: [`nats://${host}:${port}`], compile });
}

/** @public Clients and nothing else: for the processes that die, which import this module. */
export function subject(servers: string): Subject {
  const options = { servers, followCluster: false };
  return {
    name: "nats",
    takesSteps: ["durability"],
    registry: () => natsRegistry(options),
    messaging: () => natsMessaging(options),
    durability: () => natsDurability(options),
  };
}
