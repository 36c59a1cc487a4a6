/** What reading a PostgreSQL registry by an index costs over SQL that is written by hand for the same tables. */

import { postgresRegistry } from "@muster/backend-postgres";
import { defineSchema, type FilterInput, type Fleet, type InputOf, type MetadataOf, openRegistry } from "@muster/core";
import type { RegistryBackend } from "@muster/core/slots";
import { setTimeout as delay } from "node:timers/promises";
import { Pool } from "pg";
import { sensors } from "../documents.ts";
import { PATIENT } from "../fleets.ts";
import { playRounds } from "../rounds.ts";
import { Disagreement, type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { benchServer } from "../servers.ts";
import { CALL, SCHEMA as INDEXED, storeAll } from "../store.ts";

export const postgresEnumerateScenario: Scenario = {
  name: "postgres-enumerate",
  about: "reading a PostgreSQL registry by an index, against hand-written SQL",
  defaultSize: 100_000,
  needsServers: true,
  run,
};

const SCHEMA = defineSchema({ fields: { site: { type: "string", index: true } } });
const SITE = "s7";
/** Of one site 0.1 %, of all that begin alike 11 %. */
const PREFIX = "s7";
const INDEX = "create index by_hand on muster.metadata (namespace, (metadata ->> 'site') collate \"C\")";
const BY_HAND = `select r.identity, r.epoch, r.revision, r.registered_at, r.expires_at, r.session, m.metadata
  from muster.metadata m join muster.registrations r using (namespace, identity)
  where namespace = 'bench' and (r.expires_at is null or r.expires_at > extract(epoch from now()) * 1000)`;
const BY_SITE = `${BY_HAND} and (metadata ->> 'site') collate "C" = $1 order by identity`;
const BY_PREFIX = `${BY_HAND} and (metadata ->> 'site') collate "C" >= $1 and (metadata ->> 'site') collate "C" < $2 order by identity`;

type SitedFleet = Fleet<MetadataOf<typeof SCHEMA>, InputOf<typeof SCHEMA>>;

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using server = await benchServer("postgres");
  const pool = new Pool({ connectionString: `${server.url}/postgres` });
  try {
    await using fleet = await filled(pool, "muster", size);
    await using unsorted = await opened(withoutSorts(postgresRegistry({ pool })));
    await using tenth = await filled(pool, "tenth", Math.ceil(size / 10));
    await pool.query(INDEX);
    await pool.query("analyze muster.metadata");
    const played = await playRounds(
      [
        { name: "by site", run: () => read(fleet, { site: SITE }) },
        { name: "by site, by hand", run: () => readByHand(pool, BY_SITE, [SITE]) },
      ],
      { rounds, size },
    );
    const prefixed = await playRounds(
      [
        { name: "by prefix", run: () => read(fleet, { "site.startswith": PREFIX }) },
        { name: "by prefix, by hand", run: () => readByHand(pool, BY_PREFIX, [PREFIX, "s8"]) },
      ],
      { rounds, size },
    );
    const sorted = await playRounds(
      [
        { name: "first hundred in order", run: () => readSorted(fleet) },
        { name: "first hundred in order, by reading all", run: () => readSorted(unsorted) },
      ],
      { rounds, size },
    );
    const limit = Math.max(1, Math.min(5, Math.floor(size / 10_000))); // As many as a tenth has.
    const paged = await playRounds(
      [
        { name: "first page of a site", run: () => readFirst(fleet, limit) },
        { name: "first page of a site, of a tenth", run: () => readFirst(tenth, limit) },
      ],
      { rounds, size },
    );
    return {
      rows: [
        rowOf("time of 0.1 % by index / hand-written SQL", "×", played.ratio("by site", "by site, by hand"), {
          atMost: 1.3,
        }),
        rowOf("… of 11 % by a prefix", "×", prefixed.ratio("by prefix", "by prefix, by hand")),
        rowOf(
          "time of the first hundred of all in order / by reading all",
          "×",
          sorted.ratio("first hundred in order", "first hundred in order, by reading all"),
          { atMost: 0.5 },
        ),
        rowOf(
          "time of a first page of an equality / of a tenth of the table",
          "×",
          paged.ratio("first page of a site", "first page of a site, of a tenth"),
          { atMost: 1.3 },
        ),
      ],
      timings: [...played.timings, ...prefixed.timings, ...sorted.timings, ...paged.timings],
    };
  } finally {
    await pool.end();
  }
}

/** Documents with an index, and what the server wants to know of them. */
async function filled(pool: Pool, schemaName: string, size: number): Promise<SitedFleet> {
  const store = postgresRegistry({ pool, schemaName });
  await store.open({ namespace: "bench", schema: INDEXED }, CALL);
  const stored = await storeAll(store, sensors(size));
  if (stored !== size) throw new Disagreement(`${stored} were stored instead of ${size}`);
  const built = `select count(*)::int as built from pg_index
    where indisvalid and indrelid = '${schemaName}.metadata'::regclass`;
  while ((await pool.query<{ built: number }>(built)).rows[0]?.built !== 3) await delay(20);
  await store.close();
  await pool.query(`vacuum analyze ${schemaName}.metadata`);
  await pool.query(`vacuum analyze ${schemaName}.registrations`);
  return opened(postgresRegistry({ pool, schemaName }));
}

async function opened(registry: RegistryBackend): Promise<SitedFleet> {
  return openRegistry({ namespace: "bench", registry, schema: SCHEMA, timing: PATIENT });
}

/** The registry as one that can't sort, so that core does. */
function withoutSorts(registry: RegistryBackend): RegistryBackend {
  return new Proxy(registry, {
    get(target, key): unknown {
      if (key === "sorts") return undefined;
      const member: unknown = Reflect.get(target, key, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

async function readSorted(fleet: SitedFleet): Promise<string> {
  const { identities } = await fleet.enumerate(null, { sortBy: ["battery desc"], limit: 100 });
  return identities.map(({ identity }) => identity).join();
}

async function readFirst(fleet: SitedFleet, limit: number): Promise<number> {
  return (await fleet.enumerate({ site: SITE }, { limit })).identities.length;
}

async function read(fleet: SitedFleet, filter: FilterInput): Promise<string> {
  let count = 0;
  let last = "";
  for await (const { identity } of fleet.identities(filter)) {
    count += 1;
    last = identity;
  }
  return `${count} to ${last}`;
}

async function readByHand(pool: Pool, text: string, values: readonly string[]): Promise<string> {
  const { rows } = await pool.query<{ identity: string }>(text, [...values]);
  return `${rows.length} to ${rows.at(-1)?.identity ?? ""}`;
}
