/** Multicasts that commit with their sender's transaction, as a user has them. */

import { memoryRegistry } from "@muster/backend-memory";
import {
  postgresDurability,
  postgresOutbox,
  postgresRegistry,
  type PostgresTransaction,
} from "@muster/backend-postgres";
import { type Fleet, openRegistry } from "@muster/core";
import type { Metadata } from "@muster/filter";
import type { Pool } from "pg";
import { PATIENT, PAYLOAD } from "../fleets.ts";
import type { Contender } from "../rounds.ts";
import { Disagreement } from "../scenario.ts";
import { identityOf } from "../store.ts";
import { truncate } from "../truncate.ts";

type Sender = Fleet<Metadata, Metadata, PostgresTransaction, PostgresTransaction>;

const WAVE = 2_000;
/** What an earlier round has left. */
const LEFTOVERS = ["multicasts", "parcels", "outcomes", "ends"].map((table) => `muster.outbox_${table}`);

/** Forgets every multicast of all namespaces. */
export async function forgetMulticasts(pool: Pool): Promise<void> {
  await truncate(pool, LEFTOVERS);
}

/** A fleet that records, and relays nothing. */
export class FleetOutbox implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #fleet: Sender;
  readonly #size: number;

  private constructor(pool: Pool, fleet: Sender, size: number) {
    this.#pool = pool;
    this.#fleet = fleet;
    this.#size = size;
  }

  /** @param registry `at hand`: in this process, so that what is measured is the outbox. */
  static async open(pool: Pool, size: number, registry: "at hand" | "postgres"): Promise<FleetOutbox> {
    const fleet = await openRegistry({
      namespace: `outbox-${registry.replace(" ", "-")}`,
      registry: registry === "postgres" ? postgresRegistry({ pool }) : memoryRegistry(),
      durability: postgresDurability({ pool }),
      outbox: postgresOutbox({ pool }),
      relay: false,
      timing: PATIENT,
    });
    for (let start = 0; start < size; start += WAVE) {
      const wave = Array.from({ length: Math.min(WAVE, size - start) }, (_, at) =>
        fleet.register(identityOf(start + at), {}),
      );
      await Promise.all(wave);
    }
    return new FleetOutbox(pool, fleet, size);
  }

  /** From `begin` to `commit`, to everyone. */
  recording(name: string): Contender {
    return { name, prepare: () => this.#empty(), run: () => this.#record() };
  }

  /** What the server has planned is gone with what was in the tables, which happens to nobody else: one is recorded first. */
  async #empty(): Promise<void> {
    await forgetMulticasts(this.#pool);
    const client = await this.#pool.connect();
    await client.query("begin");
    await this.#fleet.multicast({ $identity: identityOf(0) }, PAYLOAD, { transaction: client });
    await client.query("rollback");
    client.release();
  }

  async #record(): Promise<number> {
    const client = await this.#pool.connect();
    try {
      await client.query("begin");
      const { pendingCount } = await this.#fleet.multicast(null, PAYLOAD, { transaction: client });
      await client.query("commit");
      if (pendingCount < this.#size) throw new Disagreement(`${pendingCount} of ${this.#size} recorded`);
      return pendingCount;
    } finally {
      client.release();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fleet.close({ leave: "offline" });
  }
}
