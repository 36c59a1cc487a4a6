/** What tests with a real file share. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RegistryBackend, Scope } from "@muster/core/slots";
import { freshNamespace, within } from "@muster/testing";
import { type SqliteOptions, sqliteRegistry } from "../src/index.ts";

export interface Folder extends AsyncDisposable {
  readonly path: string;
}

/** With the file of one test, and gone after it. */
export async function freshFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "muster-sqlite-"));
  return { path, [Symbol.asyncDispose]: async () => rm(path, { recursive: true, force: true }) };
}

export async function opened(options: SqliteOptions, scope: Partial<Scope> = {}): Promise<RegistryBackend> {
  const registry = sqliteRegistry(options);
  await registry.open({ namespace: freshNamespace(), ...scope }, within(10_000));
  return registry;
}
