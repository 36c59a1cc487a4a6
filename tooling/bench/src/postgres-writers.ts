/** Three ways to write the same documents into an empty PostgreSQL, as contenders; emptying it is not timed. */

import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import { postgresRegistry } from "@muster/backend-postgres";
import { type Fleet, type Handle, openRegistry } from "@muster/core";
import type { RegistryBackend } from "@muster/core/slots";
import type { Pool } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { Sensor } from "./documents.ts";
import { PATIENT } from "./fleets.ts";
import type { Contender } from "./rounds.ts";
import { BATCH, CALL, entryOf, identityOf } from "./store.ts";

const TTL_MS = PATIENT.ttlMs;
const NAMESPACE = "bench";

export interface Writes {
  readonly pool: Pool;
  readonly documents: readonly Sensor[];
}

/** But for sessions, so that whoever is open stays so. */
async function empty({ pool }: Writes): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    for (const table of ["registrations", "metadata"]) {
      const kept = `select * from muster.${table} where starts_with(identity, '$session/')`;
      await client.query(`create temporary table kept_${table} on commit drop as ${kept}`);
      await client.query(`truncate muster.${table}`);
      await client.query(`insert into muster.${table} select * from kept_${table}`);
    }
    await client.query("commit");
  } finally {
    client.release();
  }
}

/** COPY into both tables, in one transaction: as fast as rows come into them, and nothing is decided. */
export class Copies implements Contender {
  readonly name = "COPY";
  readonly #writes: Writes;

  constructor(writes: Writes) {
    this.#writes = writes;
  }

  async prepare(): Promise<void> {
    await empty(this.#writes);
  }

  async run(): Promise<number> {
    const { pool, documents } = this.#writes;
    const now = Date.now();
    const client = await pool.connect();
    try {
      const copy = async (table: string, rowOf: (identity: string, document: Sensor, index: number) => string) => {
        const rows = documents.map((document, index) => rowOf(identityOf(index), document, index));
        await pipeline(Readable.from(chunksOf(rows)), client.query(copyFrom(`copy muster.${table} from stdin`)));
      };
      await client.query("begin");
      await copy("registrations", (identity, _, index) =>
        [
          NAMESPACE,
          identity,
          index,
          1,
          now,
          now + TTL_MS,
          TTL_MS,
          "\\N",
          "f",
          "\\N",
          `attempt-${identity}`,
          "\\N",
          "\\N",
        ].join("\t"),
      );
      await copy("metadata", (identity, document) =>
        [NAMESPACE, identity, JSON.stringify(document).replaceAll("\\", "\\\\")].join("\t"),
      );
      await client.query("commit");
    } finally {
      client.release();
    }
    return documents.length;
  }
}

function* chunksOf(rows: readonly string[]): Generator<string> {
  for (let start = 0; start < rows.length; start += BATCH) yield `${rows.slice(start, start + BATCH).join("\n")}\n`;
}

/** `setMany` of the registry slot, without core. */
export class SlotWrites implements Contender, AsyncDisposable {
  readonly name = "setMany of 1,000";
  readonly #writes: Writes;
  readonly #registry: RegistryBackend;

  private constructor(writes: Writes, registry: RegistryBackend) {
    this.#writes = writes;
    this.#registry = registry;
  }

  static async open(writes: Writes): Promise<SlotWrites> {
    const registry = postgresRegistry({ pool: writes.pool });
    await registry.open({ namespace: NAMESPACE }, CALL);
    return new SlotWrites(writes, registry);
  }

  async prepare(): Promise<void> {
    await empty(this.#writes);
  }

  async run(): Promise<number> {
    const { documents } = this.#writes;
    let written = 0;
    for (let start = 0; start < documents.length; start += BATCH) {
      const batch = documents.slice(start, start + BATCH);
      const entries = batch.map((document, at) => ({ ...entryOf(identityOf(start + at), document), ttlMs: TTL_MS }));
      const outcomes = await this.#registry.setMany(entries, CALL);
      written += outcomes.filter((outcome) => "stored" in outcome).length;
    }
    return written;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#registry.close();
  }
}

/** `fleet.register`, all at once, as users call it, in a process that has been at it for a while. */
export class FleetRegisters implements Contender, AsyncDisposable {
  readonly name = "registers";
  readonly #writes: Writes;
  readonly #fleet: Fleet;
  #handles: readonly Handle[] = [];

  private constructor(writes: Writes, fleet: Fleet) {
    this.#writes = writes;
    this.#fleet = fleet;
  }

  static async open(writes: Writes): Promise<FleetRegisters> {
    const registry = postgresRegistry({ pool: writes.pool });
    return new FleetRegisters(writes, await openRegistry({ namespace: NAMESPACE, registry, timing: PATIENT }));
  }

  async prepare(): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.unregister()));
    this.#handles = [];
    await empty(this.#writes);
  }

  async run(): Promise<number> {
    const { documents } = this.#writes;
    const registering = documents.map((document, index) => this.#fleet.register(identityOf(index), document));
    this.#handles = await Promise.all(registering);
    return this.#handles.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fleet.close();
  }
}
