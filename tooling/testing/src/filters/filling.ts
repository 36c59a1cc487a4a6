import { type IdentitySchema, type RegistryBackend, type Scope, SESSION_PREFIX } from "@muster/core/slots";
import type { Metadata } from "@muster/filter";
import { within } from "../calls.ts";
import { entry } from "../entries.ts";

export interface Document {
  readonly id: string;
  readonly metadata: Metadata;
}

/** A registry in which just these are registered, and one session. Whoever asks for it closes it. */
export type Fill = (documents: readonly Document[], schema?: IdentitySchema) => Promise<RegistryBackend>;

const BATCH = 500;
const PATIENCE_MS = 30_000;

/** @param open gives a registry that is open, in a namespace that nobody else has. */
export function filling(open: (scope: Partial<Scope>) => Promise<RegistryBackend>): Fill {
  return async (documents, schema) => {
    const registry = await open(schema === undefined ? {} : { schema });
    const session = entry(`${SESSION_PREFIX}s`, { ttlMs: 60_000 });
    const entries = [...documents.map(({ id, metadata }) => entry(id, { metadata })), session];
    for (let from = 0; from < entries.length; from += BATCH) {
      await registry.setMany(entries.slice(from, from + BATCH), within(PATIENCE_MS));
    }
    return registry;
  };
}
