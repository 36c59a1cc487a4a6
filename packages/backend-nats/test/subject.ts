import { faultProxy, type ServerFaults, type Subject } from "@muster/conformance";
import type { Server } from "@muster/servers";
import { natsMessaging } from "../src/index.ts";

/** A server as the conformance kit looks at it: through a proxy that can break the line. */
export async function subjectOn({ host, port, control }: Server): Promise<Subject> {
  if (host !== "127.0.0.1") throw new Error(`the proxy leads to 127.0.0.1, not ${host}`);
  const proxy = await faultProxy({ host, port });
  const faults: ServerFaults = {
    cut: async () => proxy.cut(),
    dropReplies: async () => proxy.dropReplies(),
    heal: async () => proxy.heal(),
    ...(control ? { restart: async () => control.restart() } : {}),
  };
  return {
    name: "nats",
    messaging: () => natsMessaging({ servers: `nats://${proxy.host}:${proxy.port}`, followCluster: false }),
    faults,
    close: async () => proxy.close(),
  };
}
