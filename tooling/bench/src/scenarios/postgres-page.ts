/** What the first page of an equality with an index costs over PostgreSQL: over SQL by hand, and as the registry grows. */

import { setTimeout as delay } from "node:timers/promises";
import { postgresRegistry } from "@muster/backend-postgres";
import { Pool } from "pg";
import {
  CELL,
  type CellFleet,
  CELLS_NAMESPACE,
  fillCells,
  firstPage,
  openCells,
  pageAnswer,
  pageOf,
} from "../cells.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { benchServer } from "../servers.ts";

export const postgresPageScenario: Scenario = {
  name: "postgres-page",
  about:
    "the first hundred of an equality with an index over PostgreSQL, against SQL by hand, and of a hundredth of the size",
  defaultSize: 1_000_000,
  needsServers: true,
  run,
};

/** In order, so that a page is read and not sorted. */
const INDEX = `create index by_hand on muster.metadata (namespace, (metadata ->> 'cell') collate "C", identity)`;
const BY_HAND = `select r.identity, r.epoch, r.revision, r.registered_at, r.expires_at, r.session, m.metadata
  from muster.metadata m join muster.registrations r using (namespace, identity)
  where namespace = '${CELLS_NAMESPACE}' and (r.expires_at is null or r.expires_at > extract(epoch from now()) * 1000)
    and (metadata ->> 'cell') collate "C" = $1 order by identity limit $2`;

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using server = await benchServer("postgres");
  const pool = new Pool({ connectionString: `${server.url}/postgres` });
  try {
    const few = Math.ceil(size / 100);
    const limit = pageOf(few);
    await using fleet = await filled(pool, "muster", size);
    await using hundredth = await filled(pool, "hundredth", few);
    await pool.query(INDEX);
    await pool.query("analyze muster.metadata");
    const played = await playRounds(
      [
        { name: "by hand", run: () => readByHand(pool, limit, "prepared") },
        { name: "by hand, planned each time", run: () => readByHand(pool, limit, "planned each time") },
        { name: "first page", run: () => firstPage(fleet, limit) },
        { name: "first page of a hundredth", run: () => firstPage(hundredth, limit) },
      ],
      { rounds, size: limit },
    );
    return {
      rows: [
        rowOf("time of the first page / by hand", "×", played.ratio("first page", "by hand"), {
          atMost: 1.3,
          floor: 1.5,
        }),
        rowOf("… / by hand, planned each time", "×", played.ratio("first page", "by hand, planned each time")),
        rowOf("… / the same of a hundredth", "×", played.ratio("first page", "first page of a hundredth"), {
          atMost: 1.3,
        }),
      ],
      timings: played.timings,
    };
  } finally {
    await pool.end();
  }
}

/** Of its key, of all values, and of the field that the schema marks. */
const INDEXES = 3;

async function filled(pool: Pool, schemaName: string, size: number): Promise<CellFleet> {
  await fillCells(postgresRegistry({ pool, schemaName }), size);
  const fleet = await openCells(postgresRegistry({ pool, schemaName }));
  const built = `select count(*)::int as built from pg_index
    where indisvalid and indrelid = '${schemaName}.metadata'::regclass`;
  while ((await pool.query<{ built: number }>(built)).rows[0]?.built !== INDEXES) await delay(20);
  await pool.query(`vacuum analyze ${schemaName}.metadata`);
  await pool.query(`vacuum analyze ${schemaName}.registrations`);
  return fleet;
}

async function readByHand(pool: Pool, limit: number, how: "prepared" | "planned each time"): Promise<string> {
  const prepared = how === "prepared" ? { name: "by hand" } : {};
  const { rows } = await pool.query<{ identity: string }>({ ...prepared, text: BY_HAND, values: [CELL, limit] });
  return pageAnswer(rows.map(({ identity }) => identity));
}
