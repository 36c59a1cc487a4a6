/** A small fleet in one process: several simulated processes over one hub, and a tower that talks to them. */

import { memoryHub, memoryMessaging, memoryRegistry } from "@muster/backend-memory";
import { type Fleet, openRegistry } from "@muster/core";
import type { AirportIdentity } from "./data.ts";
import { Ledger } from "./ledger.ts";
import { type Airport, airportSchema } from "./schema.ts";

/** Registrations that one process has in flight. */
const BATCH = 100;

export class World implements AsyncDisposable {
  /** Registers nobody; enumerates and multicasts, as an operator's process would. */
  readonly tower: Fleet<Airport>;
  readonly ledger: Ledger = new Ledger();
  readonly #fleets: readonly Fleet<Airport>[];

  private constructor(tower: Fleet<Airport>, fleets: readonly Fleet<Airport>[]) {
    this.tower = tower;
    this.#fleets = fleets;
  }

  /** Every process is a client of its own: nothing but the hub, here in the place of servers, is shared. */
  static async open(processes: number): Promise<World> {
    const hub = memoryHub();
    const open = async (): Promise<Fleet<Airport>> =>
      openRegistry({
        namespace: "airports",
        schema: airportSchema,
        registry: memoryRegistry({ hub }),
        messaging: memoryMessaging({ hub }),
      });
    const tower = await open();
    const fleets = await Promise.all(Array.from({ length: processes }, open));
    return new World(tower, fleets);
  }

  /** Registers everyone, dealt out to the processes in turn, each with a live receiver. */
  async populate(airports: readonly AirportIdentity[], onProgress: (done: number) => void): Promise<void> {
    let done = 0;
    const populated = this.#fleets.map(async (fleet, turn) => {
      const share = airports.filter((_, index) => index % this.#fleets.length === turn);
      for (let start = 0; start < share.length; start += BATCH) {
        const batch = share.slice(start, start + BATCH);
        await Promise.all(batch.map((airport) => this.#register(fleet, airport)));
        done += batch.length;
        onProgress(done);
      }
    });
    await Promise.all(populated);
  }

  async #register(fleet: Fleet<Airport>, { identity, metadata }: AirportIdentity): Promise<void> {
    await fleet.register(identity, metadata, { onMessage: (message) => this.ledger.record(identity, message) });
  }

  /** Drains and ends every process. Nothing is received after that. */
  async close(): Promise<void> {
    await Promise.all([...this.#fleets, this.tower].map((fleet) => fleet.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
