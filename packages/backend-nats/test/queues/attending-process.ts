/** A process that serves its share: `attending-process.ts <NATS URL> <namespace> <first> <count>`, until its parent ends. */

import { type Fleet, openRegistry } from "@muster/core";
import { answerParent } from "@muster/servers/remote";
import { natsDurability, natsMessaging, natsRegistry } from "../../src/index.ts";

async function attend(servers: string, namespace: string, first: number, count: number): Promise<Fleet> {
  const fleet = await openRegistry({
    namespace,
    registry: natsRegistry({ servers }),
    messaging: natsMessaging({ servers }),
    durability: natsDurability({ servers }),
    onWarning: () => {},
  });
  const identities = Array.from({ length: count }, (_, index) => `id-${String(first + index).padStart(5, "0")}`);
  const call = { timeoutMs: 120_000 };
  await Promise.all(identities.map((identity) => fleet.register(identity, {}, { onMessage: () => {}, ...call })));
  return fleet;
}

const [url = "", namespace = "", first, count] = process.argv.slice(2);
answerParent(attend(url, namespace, Number(first), Number(count)));
