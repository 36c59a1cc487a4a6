/** One file, as the conformance kit looks at it. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subject } from "@muster/conformance";
import { withMortalProcesses } from "@muster/conformance/processes";
import type { RegistryBackend } from "@muster/core/slots";
import { type SqliteOptions, sqliteFile, sqliteRegistry } from "../src/index.ts";
import { subject } from "./subject.ts";
import { freshNamespace, within } from "./support.ts";

/** So many clients share threads for each one that starts its own: from TypeScript a thread takes long to start. */
const SHARING = 8;

export async function standalone(): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), "muster-sqlite-"));
  const options = { path: join(folder, "fleet.db") };
  const threads = [sqliteFile(options), sqliteFile(options)];
  const keepers = threads.map((file) => sqliteRegistry({ file }));
  for (const keeper of keepers) await keeper.open({ namespace: freshNamespace() }, within(10_000));
  const close = async (): Promise<void> => {
    for (const keeper of keepers) await keeper.close();
    await rm(folder, { recursive: true, force: true });
  };
  const whole = { ...subject(options), registry: inTurn(options, threads), close };
  return withMortalProcesses(whole, new URL("./subject.ts", import.meta.url), { args: [options] });
}

/** Clients that follow one another, as those of one case do, have different threads, and with them connections. */
function inTurn(options: SqliteOptions, threads: readonly ReturnType<typeof sqliteFile>[]): () => RegistryBackend {
  let count = 0;
  return () => {
    count += 1;
    const file = threads[count % threads.length];
    return sqliteRegistry(file === undefined || count % SHARING === 0 ? options : { file });
  };
}
