/** One namespace as an open registry knows it, and how scripts that maintain its indexes are run. */

import type { Metadata } from "@muster/filter";
import type { RedisCall, RedisClient } from "../client.ts";
import type { Catalogue } from "../indexes/catalogue.ts";
import type { IndexStore } from "../indexes/catalogue-state.ts";
import type { RegistryKeys } from "../keys.ts";
import type { Script } from "../scripts/script.ts";
import { STALE_CATALOGUE } from "../scripts/write-keys.ts";
import type { KeptPages } from "./kept-pages.ts";
import type { Servers } from "./servers.ts";

export interface Namespace {
  readonly client: RedisClient;
  readonly keys: RegistryKeys;
  /** Of scripts that write and don't maintain indexes; frozen, for they get them again and again. */
  readonly plainWriteKeys: readonly string[];
  readonly store: IndexStore;
  readonly catalogue: Catalogue;
  readonly maxIdentities: number | undefined;
  readonly servers: Servers;
  readonly pages: KeptPages;
  /** Only to be held: see `keptShapes`. */
  readonly shapes: readonly unknown[];
}

/** What a writer has to know of the indexes. */
export interface WriterCatalogue {
  /** Of the last {@link reload}; every script that maintains indexes is told it. */
  readonly version: string;
  /** One for each indexed field. */
  readonly indexKeys: readonly string[];
  /** See `scripts/write-keys.ts`. */
  readonly writeKeys: readonly string[];
  /** See `scripts/begin.ts`. */
  readonly beginKeys: readonly string[];
  /** What the indexes hold of one registration: an encoded value for each, empty where it has none, a NUL between two. */
  entriesOf(metadata: Metadata): string;
  /** Asks the server for what is there now. */
  reload(call: RedisCall): Promise<void>;
}

/**
 * Runs a script that maintains indexes, with what is known of them; again, if that turns out to be old, for then it has
 * done nothing.
 */
export async function runIndexed(
  { client, catalogue }: Namespace,
  script: Script,
  argumentsFor: (catalogue: WriterCatalogue) => readonly string[],
  call: RedisCall,
): Promise<unknown> {
  while (true) {
    const reply = await client.run(script, catalogue.writeKeys, argumentsFor(catalogue), call);
    if (reply !== STALE_CATALOGUE) return reply;
    await catalogue.reload(call);
  }
}
