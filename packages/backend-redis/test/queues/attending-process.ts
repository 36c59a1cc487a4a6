/** A process that serves its share: `attending-process.ts <Redis URL> <namespace> <first> <count>`, until its parent ends. */

import { type Fleet, openRegistry } from "@muster/core";
import { answerParent } from "@muster/servers/remote";
import { redisDurability, redisMessaging, redisRegistry } from "../../src/index.ts";

async function attend(url: string, namespace: string, first: number, count: number): Promise<Fleet> {
  const fleet = await openRegistry({
    namespace,
    registry: redisRegistry({ url }),
    messaging: redisMessaging({ url }),
    durability: redisDurability({ url }),
    onWarning: () => {},
  });
  const identities = Array.from({ length: count }, (_, index) => `id-${String(first + index).padStart(5, "0")}`);
  await Promise.all(identities.map((identity) => fleet.register(identity, {}, { onMessage: () => {} })));
  return fleet;
}

const [url = "", namespace = "", first, count] = process.argv.slice(2);
answerParent(attend(url, namespace, Number(first), Number(count)));
