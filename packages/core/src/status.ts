import type { FleetStatus } from "./fleet-status.ts";
import type { Host } from "./host.ts";
import type { GuardState } from "./life/outage-guard.ts";
import type { Relay } from "./relaying/relay.ts";

/** What {@link status} can't see in a host. */
export interface Observed {
  readonly route: FleetStatus["route"];
  readonly reaper: GuardState;
  readonly relay: Relay | undefined;
  readonly dropped: number;
}

/** What this process knows about itself, without asking anyone. */
export function status({ gate, session, served }: Host, { route, reaper, relay, dropped }: Observed): FleetStatus {
  return {
    state: gate.state,
    session: { id: session.id, live: session.live },
    serving: served.size,
    route,
    reaper,
    dropped,
    relay: { state: relay?.state ?? "off", shards: relay?.shards ?? 0 },
  };
}
