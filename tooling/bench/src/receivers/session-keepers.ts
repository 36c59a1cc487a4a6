/** Whoever has registered and now only stays there. */

import { openRegistry } from "@muster/core";
import { sensor } from "../documents.ts";
import { identityOf } from "../store.ts";
import { registryAt } from "./places.ts";
import type { SessionPlan } from "./plan.ts";

/** Registers in flight at once. */
const WAVE = 2_000;

/** Resolves when the whole share is registered, each by one of the fleets in turn; they go with the process. */
export async function keepSessions({ registry, fleets: count, share }: SessionPlan): Promise<void> {
  const open = Array.from({ length: count }, () =>
    openRegistry({ namespace: "sessions", registry: registryAt(registry) }),
  );
  const fleets = await Promise.all(open);
  for (let start = share.from; start < share.to; start += WAVE) {
    const wave = Array.from({ length: Math.min(WAVE, share.to - start) }, async (_, offset) => {
      const index = start + offset;
      await fleets[index % count]?.register(identityOf(index), sensor(index));
    });
    await Promise.all(wave);
  }
}
