/** What a process knows about its own fleet. */
export interface FleetStatus {
  readonly state: "open" | "closing" | "closed";
  readonly session: { readonly id: string; readonly live: boolean };
  /** Registrations this process serves. */
  readonly serving: number;
  readonly route: "up" | "down" | "none";
  /** The outage guard: while `held`, nothing is reaped; `until` in epoch ms by this process' clock. */
  readonly reaper: { readonly held: boolean; readonly reason?: "outage" | "mass-expiry"; readonly until?: number };
  /** Messages dropped by full inboxes since the start. */
  readonly dropped: number;
  /** `off`: none runs here. `shards`: of the outbox, how many are its to hand over now. */
  readonly relay: { readonly state: "off" | "running" | "stopped"; readonly shards: number };
}
