/** What an open registry knows of the indexes of its namespace, and how it keeps up with what others make of them. */

import type { Call, FieldSchema, IdentitySchema } from "@muster/core/slots";
import type { Metadata, Path } from "@muster/filter";
import { appendCatalogueScript, loadCatalogueScript } from "../scripts/catalogue.ts";
import { backfill } from "./backfill.ts";
import {
  type CatalogueState,
  decodeCatalogue,
  encodePath,
  type IndexStore,
  newVersion,
  noIndexes,
} from "./catalogue-state.ts";

/** What an index could not say more about than that there is something, or not in order. */
const NOT_INDEXED: readonly FieldSchema["type"][] = ["semver", "array", "object"];

/**
 * The catalogue of one namespace, as one open registry follows it.
 *
 * Fields are added when somebody opens a namespace with a schema that marks them, and never removed. A new field's index
 * is `building` until a background task has added who was there before; from its addition on no script of a writer who
 * does not know of it does anything. So it is the version that makes it impossible to miss anybody.
 */
export class Catalogue {
  readonly #store: IndexStore;
  readonly #wanted: readonly Path[];
  readonly #end = new AbortController();
  #current: CatalogueState;
  #isBuilder = false;

  constructor(store: IndexStore, schema: IdentitySchema | undefined) {
    this.#store = store;
    this.#wanted = pathsOf(schema);
    this.#current = noIndexes(store);
  }

  /** The latest that is known; another object after each change. */
  get current(): CatalogueState {
    return this.#current;
  }

  get version(): string {
    return this.#current.version;
  }

  get indexKeys(): readonly string[] {
    return this.#current.indexKeys;
  }

  get writeKeys(): readonly string[] {
    return this.#current.writeKeys;
  }

  get beginKeys(): readonly string[] {
    return this.#current.beginKeys;
  }

  entriesOf(metadata: Metadata): string {
    return this.#current.entriesOf(metadata);
  }

  /**
   * Reads the catalogue, adds what the schema asks for and it lacks, and sees to it that what is building gets built.
   *
   * @throws UNSUPPORTED: a newer release has put something into it; otherwise as `RedisClient.run`.
   */
  async reload(call: Call): Promise<void> {
    const { client, keys } = this.#store;
    while (true) {
      this.#current = decodeCatalogue(this.#store, await client.run(loadCatalogueScript, [keys.catalogue], [], call));
      const { version, fields } = this.#current;
      const known = new Set(fields.map(({ path }) => encodePath(path)));
      const missing = this.#wanted.map(encodePath).filter((path) => !known.has(path));
      if (missing.length === 0) break;
      const added = [version, newVersion(), ...missing];
      await client.run(appendCatalogueScript, [keys.catalogue, keys.order], added, call);
    }
    this.#build();
  }

  /** Stops building indexes where it is; whoever opens the namespace next goes on with it. Twice is once. */
  close(): void {
    this.#end.abort();
  }

  #build(): void {
    if (this.#isBuilder || this.#end.signal.aborted || this.#current.fields.every(({ isReady }) => isReady)) return;
    this.#isBuilder = true;
    const onEnd = (): void => {
      this.#isBuilder = false;
    };
    backfill(this.#store, this, this.#end.signal).then(onEnd, onEnd);
  }
}

function pathsOf(schema: IdentitySchema | undefined): readonly Path[] {
  return Object.values(schema?.fields ?? {}).flatMap(({ index, type, path }) =>
    index !== false && !NOT_INDEXED.includes(type) ? [path] : [],
  );
}
