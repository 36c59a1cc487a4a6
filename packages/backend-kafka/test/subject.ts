import type { Subject } from "@muster/conformance";
import { faultProxy, serverFaults } from "@muster/conformance/faults";
import { withMortalProcesses } from "@muster/conformance/processes";
import type { DurabilityBackend } from "@muster/core/slots";
import type { Server } from "@muster/servers";
import { compile } from "@muster/testing/compile";
import { clearing } from "@muster/testing/durability";
import { kafkaDurability, kafkaMessaging } from "../src/index.ts";
import { clear } from "./queues/clearing.ts";
import { through } from "./support.ts";

/**
 * A broker as the conformance kit looks at it: through a proxy that can break the line. Its mortal processes import this
 * module, and get their clients from {@link subject}.
 */
export async function subjectOn({ host, port, url, control }: Server): Promise<Subject> {
  const proxy = await faultProxy({ host, port });
  const faults = serverFaults({ proxies: [proxy], controls: [control], keepsData: true });
  const queues = (): DurabilityBackend => kafkaDurability({ url, shards: SHARDS, socketFactory: through(proxy) });
  const whole = {
    ...subject(url),
    messaging: () => kafkaMessaging({ url, partitions: PARTITIONS, socketFactory: through(proxy) }),
    durability: clearing(queues, async (namespace) => clear(url, namespace)),
    faults,
    close: async () => proxy.close(),
  };
  return withMortalProcesses(whole, new URL(import.meta.url), { args: [url], compile });
}

/** Every case has a topic of its own. */
const PARTITIONS = 2;
const SHARDS = 2;

/** @public Clients and nothing else: for the processes that die, which import this module. */
export function subject(url: string): Subject {
  return {
    name: "kafka",
    messaging: () => kafkaMessaging({ url, partitions: PARTITIONS }),
    durability: () => kafkaDurability({ url, shards: SHARDS }),
    takesSteps: ["durability"],
    // A broker that starts again has to be let back into its own cluster first.
    patienceMs: 30_000,
  };
}
