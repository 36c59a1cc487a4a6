/** Tables as an earlier release has made them. */

import type { Server } from "@muster/servers";
import { namesIn } from "../../src/keys.ts";
import { MIGRATIONS } from "../../src/schema/migrations.ts";
import { tell } from "../support.ts";

/** In a schema of their own, which is made, too. */
export async function tablesOfVersion(server: Server, version: number, schemaName: string): Promise<void> {
  const names = namesIn(schemaName);
  const columns = "version int primary key, compatible_with int not null, applied_at timestamptz not null";
  await tell(server, `create schema ${names.schema}`);
  await tell(server, `create table ${names.migrations} (${columns})`);
  for (const migration of MIGRATIONS.filter((one) => one.version <= version)) {
    for (const statement of migration.statements(names)) await tell(server, statement);
    await tell(server, `insert into ${names.migrations} values ($1, $2, now())`, [
      migration.version,
      migration.compatibleWith,
    ]);
  }
}
