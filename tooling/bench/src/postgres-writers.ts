/** Documents that are written into an empty PostgreSQL by hand, as a contender; emptying it is not timed. */

import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import type { Pool } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { Sensor } from "./documents.ts";
import { TTL_MS } from "./registry-writers.ts";
import type { Contender } from "./rounds.ts";
import { BATCH, identityOf } from "./store.ts";

const NAMESPACE = "bench";

/** But for sessions, so that whoever is open stays so. */
export async function emptyRegistry(pool: Pool): Promise<void> {
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
  readonly #pool: Pool;
  readonly #documents: readonly Sensor[];

  constructor(pool: Pool, documents: readonly Sensor[]) {
    this.#pool = pool;
    this.#documents = documents;
  }

  async prepare(): Promise<void> {
    await emptyRegistry(this.#pool);
  }

  async run(): Promise<number> {
    const documents = this.#documents;
    const now = Date.now();
    const client = await this.#pool.connect();
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
