import { faultProxy, type ServerFaults, type Subject } from "@muster/conformance";
import { withMortalProcesses } from "@muster/conformance/processes";
import type { Server } from "@muster/servers";
import { natsDurability, natsMessaging, natsRegistry } from "../src/index.ts";

/**
 * A server as the conformance kit looks at it: through a proxy that can break the line. Its mortal processes import this
 * module, and get their clients from {@link subject}.
 */
export async function subjectOn({ host, port, control }: Server): Promise<Subject> {
  if (host !== "127.0.0.1") throw new Error(`the proxy leads to 127.0.0.1, not ${host}`);
  const proxy = await faultProxy({ host, port });
  const faults: ServerFaults = {
    keepsData: true,
    cut: async () => proxy.cut(),
    dropReplies: async () => proxy.dropReplies(),
    async heal(): Promise<void> {
      await proxy.heal();
      await control?.thaw();
    },
    ...(control && {
      freeze: async (): Promise<void> => control.freeze(),
      thaw: async (): Promise<void> => control.thaw(),
      restart: async (): Promise<void> => control.restart(),
      keepsData: true,
    }),
  };
  const whole = { ...subject(`nats://${proxy.host}:${proxy.port}`), faults, close: async () => proxy.close() };
  return withMortalProcesses(whole, new URL(import.meta.url), { args: [`nats://${host}:${port}`] });
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
