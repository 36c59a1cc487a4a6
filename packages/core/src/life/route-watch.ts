/** What a broken route means for this process: after one lease without messages it is better taken for offline. */

import type { FleetStatus } from "../fleet-status.ts";
import type { Session } from "./session.ts";

/** Follows the node's route from its first sign of life on. */
export class RouteWatch {
  readonly #session: Pick<Session, "hold" | "release">;
  readonly #leaseMs: number;
  #state: FleetStatus["route"] = "none";
  #patience: NodeJS.Timeout | undefined;

  constructor(session: Pick<Session, "hold" | "release">, leaseMs: number) {
    this.#session = session;
    this.#leaseMs = leaseMs;
  }

  /** `none` without a messaging slot, and before anybody received anything here. */
  get state(): FleetStatus["route"] {
    return this.#state;
  }

  /** Whether that is news to handles: the first `up` of a process is none. */
  change(state: "up" | "down"): boolean {
    const isNews = this.#state !== "none" && this.#state !== state;
    this.#state = state;
    this.stop();
    if (state === "up") {
      this.#session.release();
    } else {
      this.#patience = setTimeout(() => this.#session.hold(), this.#leaseMs);
      this.#patience.unref();
    }
    return isNews;
  }

  stop(): void {
    clearTimeout(this.#patience);
  }
}
