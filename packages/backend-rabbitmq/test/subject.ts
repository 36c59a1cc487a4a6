import type { Subject } from "@muster/conformance";
import { faultProxy, serverFaults } from "@muster/conformance/faults";
import { withMortalProcesses } from "@muster/conformance/processes";
import type { Server } from "@muster/servers";
import { compile } from "@muster/testing/compile";
import { clearing } from "@muster/testing/durability";
import { rabbitmqDurability, rabbitmqMessaging } from "../src/index.ts";
import { clear } from "./queues/clearing.ts";

/**
 * A server as the conformance kit looks at it: through a proxy that can break the line. Its mortal processes import this
 * module, and get their clients from {@link subject}.
 */
export async function subjectOn({ host, port, url, control }: Server): Promise<Subject> {
  const proxy = await faultProxy({ host, port });
  const faults = serverFaults({ proxies: [proxy], controls: [control] });
  const proxied = new URL(url);
  proxied.host = `${proxy.host}:${proxy.port}`;
  const durability = clearing(
    () => rabbitmqDurability({ url: proxied.href }),
    async (namespace) => clear(url, namespace),
  );
  const whole = { ...subject(proxied.href), durability, faults, close: async () => proxy.close() };
  return withMortalProcesses(whole, new URL(import.meta.url), { args: [url], compile });
}

/** @public Clients and nothing else: for the processes that die, which import this module. */
export function subject(url: string): Subject {
  return {
    name: "rabbitmq",
    messaging: () => rabbitmqMessaging({ url }),
    durability: () => rabbitmqDurability({ url }),
    takesSteps: ["durability"],
    // A server that starts again has its queues elect their leaders first.
    patienceMs: 30_000,
  };
}
