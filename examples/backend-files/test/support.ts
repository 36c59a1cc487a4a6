/** What the tests of this package share: a folder that goes with the test, calls, entries, clients that are open. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Call, Registration, RegistryBackend, SetEntry } from "@muster/core/slots";
import { type FileRegistryOptions, fileRegistry } from "../src/index.ts";

/** Never given up. */
export const CALL: Call = { signal: new AbortController().signal };

export class TemporaryFolder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "muster-files-"));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export async function openIn(
  folder: string,
  options: Omit<FileRegistryOptions, "folder"> = {},
): Promise<RegistryBackend> {
  const registry = fileRegistry({ folder, ...options });
  await registry.open({ namespace: "test" }, CALL);
  return registry;
}

let attempts = 0;

/** A registration without session, address or TTL, by an attempt of its own. */
export function entry(identity: string, changes: Partial<SetEntry> = {}): SetEntry {
  attempts += 1;
  return {
    identity,
    metadata: {},
    ttlMs: undefined,
    session: undefined,
    address: undefined,
    sessionBound: false,
    attempt: `attempt-${attempts}`,
    mode: "create",
    ...changes,
  };
}

/** Stores, or throws. */
export async function stored(registry: RegistryBackend, one: SetEntry): Promise<Registration> {
  const [outcome] = await registry.setMany([one], CALL);
  if (outcome === undefined || "refused" in outcome) throw new Error(`refused: ${outcome?.refused}`);
  return outcome.stored;
}
