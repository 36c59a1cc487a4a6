/** A process that serves its share: `attending-process.ts <Redis URL> <namespace> <first> <count>`, until its parent ends. */

import { openRegistry } from "@muster/core";
import { redisDurability, redisMessaging, redisRegistry } from "../../src/index.ts";

async function attend(url: string, namespace: string, first: number, count: number): Promise<void> {
  const fleet = await openRegistry({
    namespace,
    registry: redisRegistry({ url }),
    messaging: redisMessaging({ url }),
    durability: redisDurability({ url }),
    onWarning: () => {},
  });
  const identities = Array.from({ length: count }, (_, index) => `id-${String(first + index).padStart(5, "0")}`);
  await Promise.all(identities.map((identity) => fleet.register(identity, {}, { onMessage: () => {} })));
  process.once("disconnect", () => process.exit());
  process.send?.("attending");
}

const [url, namespace, first, count] = process.argv.slice(2);
if (url !== undefined && namespace !== undefined && process.send !== undefined)
  await attend(url, namespace, Number(first), Number(count));
