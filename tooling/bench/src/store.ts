/** Memory registries filled with sensors, without anything of core in between. */

import { memoryRegistry } from "@muster/backend-memory";
import type { Call, IdentitySchema, Registration, RegistryBackend, SetEntry } from "@muster/core/slots";
import type { Metadata } from "@muster/filter";

export const BATCH = 1_000;

/** Never aborts: benchmarks have no deadlines of their own. */
export const CALL: Call = { signal: new AbortController().signal };

/** `site` is indexed; nothing else is. */
export const SCHEMA: IdentitySchema = {
  fields: { site: { type: "string", path: ["site"], required: false, index: true } },
  additional: "keep",
};

/** Names of equal length, so that they sort as they are numbered. */
export function identityOf(index: number): string {
  return `sensor-${String(index).padStart(7, "0")}`;
}

export async function openStore(schema?: IdentitySchema): Promise<RegistryBackend> {
  const registry = memoryRegistry();
  await registry.open({ namespace: "bench", ...(schema === undefined ? {} : { schema }) }, CALL);
  return registry;
}

/** Registers in batches of {@link BATCH}; `addressOf` gives each an address of its own. How many were stored. */
export async function storeAll(
  registry: RegistryBackend,
  documents: readonly Metadata[],
  addressOf?: (identity: string) => string,
): Promise<number> {
  let stored = 0;
  for (let start = 0; start < documents.length; start += BATCH) {
    const entries = documents
      .slice(start, start + BATCH)
      .map((metadata, offset) => entryOf(identityOf(start + offset), metadata, addressOf));
    const outcomes = await registry.setMany(entries, CALL);
    stored += outcomes.filter((outcome) => "stored" in outcome).length;
  }
  return stored;
}

/** Folds pages of registrations into an answer: how many, and a checksum of which and in what order. */
export class Tally {
  #count = 0;
  #checksum = 0;

  add(page: readonly Registration[]): void {
    this.#count += page.length;
    for (const { epoch } of page) this.#checksum = (Math.imul(this.#checksum, 31) + epoch) | 0;
  }

  toString(): string {
    return `${this.#count} registrations (checksum ${this.#checksum})`;
  }
}

/** A new registration that nobody serves and that never expires. */
export function entryOf(identity: string, metadata: Metadata, addressOf?: (identity: string) => string): SetEntry {
  return {
    identity,
    metadata,
    ttlMs: undefined,
    session: undefined,
    address: addressOf?.(identity),
    sessionBound: false,
    attempt: `attempt-${identity}`,
    mode: "create",
  };
}
