/** Bringing the database schema to the version that this release knows. */

import { type Call, MusterError } from "@muster/core/slots";
import type { PostgresCall, PostgresClient, Run } from "../client.ts";
import { NAME } from "../errors.ts";
import { literal, lockKey, type Names } from "../keys.ts";
import { misconfigured } from "../options.ts";
import { type Migration, MIGRATIONS } from "./migrations.ts";

const SOURCE = `${NAME}.open`;
const LATEST = MIGRATIONS.at(-1)?.version ?? 0;

/** Opens the client, and upgrades; when it fails nothing is left open. @throws what both throw */
export async function openMigrated(client: PostgresClient, { signal }: Call): Promise<void> {
  await client.open({ signal });
  try {
    await upgrade(client, { signal, operation: "open" });
  } catch (error) {
    await client.close();
    throw error;
  }
}

/**
 * Applies the migrations that are missing, all of them or none; of several processes one does it and the others wait.
 *
 * @throws CONFIG_INVALID: some are missing and may not be applied. UNSUPPORTED: those of a later release don't fit any more.
 * @throws PERMISSION_DENIED, and what a statement throws.
 */
async function upgrade(client: PostgresClient, call: PostgresCall): Promise<void> {
  if (isCurrent(await stateIn(client, call))) return;
  const { names } = client;
  if (!client.mayMigrate) {
    const message = `lacks tables in the schema ${names.schemaName}, and migrations is "check"`;
    throw misconfigured(SOURCE, [{ path: "database", message }]);
  }
  await client.connected(call, async (run) => {
    await run("begin");
    await run(`select pg_advisory_xact_lock(${lockKey("migrations", names.schemaName)})`);
    await apply(run, names);
    await run("commit");
  });
}

interface State {
  readonly version: number;
  /** The lowest version that a process may know. */
  readonly compatibleWith: number;
}

async function stateIn(client: PostgresClient, call: PostgresCall): Promise<State> {
  return client.connected(call, async (run) => readState(run, client.names));
}

/** Asks the catalogue itself: `to_regclass` remembers what was not there before a lock was waited for. */
async function readState(run: Run, names: Names): Promise<State> {
  const tables = await run(`select from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${literal(names.schemaName)} and c.relname = 'migrations'`);
  if (tables.length === 0) return { version: 0, compatibleWith: 0 };
  const [[version = null, compatibleWith = null] = []] = await run(
    `select max(version), max(compatible_with) from ${names.migrations}`,
  );
  return { version: Number(version), compatibleWith: Number(compatibleWith) };
}

function isCurrent({ version, compatibleWith }: State): boolean {
  if (compatibleWith <= LATEST) return version >= LATEST;
  const feature = `version ${version} of the tables`;
  const message = `the tables have been brought to version ${version} by a later release; this one knows ${LATEST}`;
  throw new MusterError({ code: "UNSUPPORTED", source: SOURCE, message, detail: { feature } });
}

/** What others have applied while this one waited is not applied again. */
async function apply(run: Run, names: Names): Promise<void> {
  const state = await readState(run, names);
  if (isCurrent(state)) return;
  if (state.version === 0) await makeSchema(run, names);
  for (const migration of MIGRATIONS.filter(({ version }) => version > state.version)) {
    for (const statement of migration.statements(names)) await run(statement);
    await run(recordOf(migration, names));
  }
}

/** It may have been made by somebody with more rights. */
async function makeSchema(run: Run, names: Names): Promise<void> {
  const schemas = await run(`select from pg_namespace where nspname = ${literal(names.schemaName)}`);
  if (schemas.length === 0) await run(`create schema ${names.schema}`);
  await run(
    `create table ${names.migrations} (version int primary key, compatible_with int not null, applied_at timestamptz not null)`,
  );
}

function recordOf({ version, compatibleWith }: Migration, names: Names): string {
  return `insert into ${names.migrations} values (${version}, ${compatibleWith}, now())`;
}
