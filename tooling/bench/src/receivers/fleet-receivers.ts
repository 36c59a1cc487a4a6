/** Receivers as a user of Muster has them. */

import { openRegistry } from "@muster/core";
import { sensors } from "../documents.ts";
import { PATIENT } from "../fleets.ts";
import { identityOf } from "../store.ts";
import type { Counter } from "./counter.ts";
import { durabilityAt, messagingAt, registryAt } from "./places.ts";
import type { FleetPlan } from "./plan.ts";

/** Before an identity: its own address, where it has one. */
export const OWN_ADDRESS = "own-";

/** Registers in flight at once. */
const WAVE = 2_000;

/** Opens the fleets and registers the share of this process, dealt out to them in turn. */
export async function serveFleets(plan: FleetPlan, counter: Counter): Promise<void> {
  const { namespace, share, addresses } = plan;
  const open = Array.from({ length: plan.fleets }, () =>
    openRegistry({
      namespace,
      registry: registryAt(plan.registry),
      messaging: messagingAt(plan.messaging),
      ...(plan.durability === undefined ? {} : { durability: durabilityAt(plan.durability) }),
      timing: PATIENT,
    }),
  );
  const fleets = await Promise.all(open);
  const documents = sensors(share.to);
  for (let start = share.from; start < share.to; start += WAVE) {
    const wave = documents.slice(start, Math.min(start + WAVE, share.to)).map(async (metadata, offset) => {
      const identity = identityOf(start + offset);
      const fleet = fleets[(start + offset) % fleets.length];
      const own = addresses === "identity" ? { address: OWN_ADDRESS + identity } : {};
      await fleet?.register(identity, metadata, { onMessage: counter.count, ...own });
    });
    await Promise.all(wave);
  }
}
