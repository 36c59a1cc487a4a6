/**
 * Brings a file to the newest version that this release knows, or leaves it at a newer one that it gets on with.
 *
 * What has been applied stands in a table of its own and not in `user_version`: the file may hold other tables, of an
 * application that counts its own versions there.
 */

import { MusterError } from "@muster/core/slots";
import { NAME } from "../errors.ts";
import { type Migration, MIGRATIONS } from "./migrations.ts";
import type { Store } from "./store.ts";

interface State {
  readonly version: number;
  readonly compatibleWith: number;
}

/** @throws UNSUPPORTED: a later release has changed the tables so that this one can't go on. */
export function migrate(store: Store): void {
  migrateTo(store, MIGRATIONS);
}

/** Whether there is nothing to be done, so that nobody who writes has to be waited for. @throws as {@link migrate} */
export function isMigrated(store: Store): boolean {
  return isCurrent(stateOf(store), latestOf(MIGRATIONS));
}

/** For tests, too, which stand for other releases. */
export function migrateTo(store: Store, migrations: readonly Migration[]): void {
  const state = stateOf(store);
  const { version } = state;
  if (isCurrent(state, latestOf(migrations))) return;
  if (version === 0) store.execute(MIGRATIONS_TABLE);
  for (const migration of migrations) if (migration.version > version) apply(store, migration);
}

const MIGRATIONS_TABLE = `create table muster_migrations (
  version integer primary key, compatible_with integer not null, applied_at integer not null
) strict`;

function stateOf(store: Store): State {
  const table = store.get("select 1 from sqlite_schema where type = 'table' and name = 'muster_migrations'");
  if (table === undefined) return { version: 0, compatibleWith: 0 };
  const row = store.get("select max(version), max(compatible_with) from muster_migrations");
  return { version: Number(row?.[0] ?? 0), compatibleWith: Number(row?.[1] ?? 0) };
}

function latestOf(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.version ?? 0;
}

/** @throws UNSUPPORTED */
function isCurrent({ version, compatibleWith }: State, latest: number): boolean {
  if (compatibleWith > latest) throw tooNew(version, latest);
  return version >= latest;
}

function apply(store: Store, { version, compatibleWith, statements }: Migration): void {
  for (const statement of statements) store.execute(statement);
  store.run("insert into muster_migrations values (?, ?, ?)", [version, compatibleWith, store.now()]);
}

function tooNew(version: number, latest: number): MusterError<"UNSUPPORTED"> {
  const feature = `version ${version} of the tables`;
  const message = `the tables have been brought to version ${version} by a later release; this one knows ${latest}`;
  return new MusterError({ code: "UNSUPPORTED", source: `${NAME}.open`, message, detail: { feature } });
}
