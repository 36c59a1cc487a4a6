/** A small fleet: several processes over one store, and a tower that talks to them. */

import type { AirportIdentity } from "./data.ts";
import { Ledger } from "./ledger.ts";
import type { MortalStation } from "./mortal-station.ts";
import type { Station } from "./station.ts";
import type { Store, Tower } from "./store.ts";

export interface WorldOptions {
  readonly processes: number;
  /** One of them is real. */
  readonly withMortal: boolean;
}

export class World implements AsyncDisposable {
  readonly ledger: Ledger = new Ledger();
  readonly #store: Store;
  readonly #stations: Station[] = [];
  #tower: Tower | undefined;
  #mortal: MortalStation | undefined;

  private constructor(store: Store) {
    this.#store = store;
  }

  static async open(store: Store, { processes, withMortal }: WorldOptions): Promise<World> {
    const world = new World(store);
    try {
      await world.#open(processes, withMortal);
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  get tower(): Tower {
    if (this.#tower === undefined) throw new Error("the world is not open");
    return this.#tower;
  }

  /** The station that can be killed. */
  get mortal(): MortalStation | undefined {
    return this.#mortal;
  }

  /** Registers everyone, dealt out to the processes in turn, each with a live receiver. */
  async populate(airports: readonly AirportIdentity[], onProgress: (done: number) => void): Promise<void> {
    let done = 0;
    const populated = this.#stations.map(async (station, turn) => {
      const share = airports.filter((_, index) => index % this.#stations.length === turn);
      await station.populate(share, (registered) => {
        done += registered;
        onProgress(done);
      });
    });
    await Promise.all(populated);
  }

  /** What the ledger can't know before: notes that receivers have left in the store. */
  async collect(messageId: string): Promise<void> {
    await this.#store.collect(messageId, this.ledger);
  }

  /** Drains and ends every process. Nothing is received after that. */
  async close(): Promise<void> {
    await Promise.all([...this.#stations, this.#tower].map(async (process) => await process?.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #open(processes: number, withMortal: boolean): Promise<void> {
    this.#tower = await this.#store.openTower();
    if (withMortal) {
      this.#mortal = await this.#store.openMortalStation?.(this.ledger);
      if (this.#mortal !== undefined) this.#stations.push(this.#mortal);
    }
    const others = Array.from({ length: processes - this.#stations.length }, async () => {
      this.#stations.push(await this.#store.openStation(this.ledger));
    });
    await Promise.all(others);
  }
}
