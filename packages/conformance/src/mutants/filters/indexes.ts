import { type Registration, type RegistryBackend, SESSION_PREFIX, type SetEntry } from "@muster/core/slots";
import { compileFilter, type FilterTest, type Metadata } from "@muster/filter";
import type { Mutant } from "../../mutant.ts";
import { registryMutant, sharedMutant } from "../registry/support.ts";
import { matches, scanning } from "./selecting.ts";

export const filterIndexMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "filter-index-misses-updates",
      breaks: "An update leaves the index with the metadata of before.",
      kills: ["registry/filters/sees-updates"],
    },
    (real) => {
      const indexed = new Map<string, Metadata>();
      return {
        ...scanning(
          real,
          (test) =>
            async function* ({ filter: _filter, ...query }, call) {
              for await (const page of real.scan(query, call)) {
                yield page.filter((one) => matches(test, one, indexed.get(one.identity)));
              }
            },
        ),
        setMany: async (entries, call) => {
          for (const { identity, metadata } of entries) if (!indexed.has(identity)) indexed.set(identity, metadata);
          return real.setMany(entries, call);
        },
      };
    },
  ),
  registryMutant(
    {
      id: "filter-index-holds-the-gone",
      breaks: "The index that filters read keeps the expired, the deleted and sessions.",
      kills: ["registry/filters/never-the-gone"],
    },
    (real) => {
      const indexed = new Map<string, Registration>();
      return {
        ...scanning(
          real,
          (test) =>
            async function* () {
              yield [...indexed.values()].filter((one) => matches(test, one)).toSorted(byIdentity);
            },
        ),
        setMany: async (entries, call) => {
          const outcomes = await real.setMany(entries, call);
          for (const outcome of outcomes) if ("stored" in outcome) indexed.set(outcome.stored.identity, outcome.stored);
          return outcomes;
        },
      };
    },
  ),
  registryMutant(
    {
      id: "filter-counts-sessions",
      breaks: "Sessions that match are counted.",
      kills: ["registry/filters/never-the-gone"],
    },
    (real) => {
      const sessions = new Map<string, Registration>();
      const { counts } = real;
      return {
        setMany: async (entries, call) => {
          const outcomes = await real.setMany(entries, call);
          for (const outcome of outcomes)
            if ("stored" in outcome) sessions.set(outcome.stored.identity, outcome.stored);
          return outcomes;
        },
        ...(counts && {
          counts: {
            async count(filter, call): Promise<number> {
              const matching = [...sessions.values()].filter(
                (one) => one.identity.startsWith(SESSION_PREFIX) && filter && matches(compileFilter(filter), one),
              );
              return (await counts.count(filter, call)) + matching.length;
            },
          },
        }),
      };
    },
  ),
  sharedMutant(
    {
      id: "filter-index-forgets-who-was-there",
      breaks: "An index holds only who has been written since a schema asked for it.",
      kills: ["registry/filters/indexed-differential", "registry/filters/indexes-asked-for-later"],
    },
    () => {
      const indexed = new IndexedMetadata();
      return (real) => {
        const client = indexed.client();
        return {
          ...client.filteredBy(real, (one, test) => client.metadataOf(one) !== undefined && matches(test, one)),
          ...client.opening(real),
          setMany: async (entries, call) => {
            if (client.isAskedFor) client.write(entries);
            return real.setMany(entries, call);
          },
        };
      };
    },
  ),
  sharedMutant(
    {
      id: "filter-index-kept-by-those-who-know",
      breaks: "Who does not know of an index leaves in it what was there before he wrote.",
      kills: ["registry/filters/indexed-differential", "registry/filters/indexes-asked-for-later"],
    },
    () => {
      const indexed = new IndexedMetadata();
      return (real) => {
        const client = indexed.client();
        return {
          ...client.filteredBy(real, (one, test) => matches(test, one, client.metadataOf(one))),
          ...client.opening(real),
          setMany: async (entries, call) => {
            if (client.knows) client.write(entries);
            return real.setMany(entries, call);
          },
        };
      };
    },
  ),
];

/** What indexes hold that some clients' schemas have asked for, by namespace and identity. */
class IndexedMetadata {
  readonly #namespaces = new Map<string, Map<string, Metadata>>();

  client(): IndexingClient {
    return new IndexingClient(this.#namespaces);
  }
}

/** One client of {@link IndexedMetadata}. */
class IndexingClient {
  readonly #namespaces: Map<string, Map<string, Metadata>>;
  #namespace = "";
  #knows = false;

  constructor(namespaces: Map<string, Map<string, Metadata>>) {
    this.#namespaces = namespaces;
  }

  /** Its own schema has asked for indexes. */
  get knows(): boolean {
    return this.#knows;
  }

  /** Somebody's has. */
  get isAskedFor(): boolean {
    return this.#namespaces.has(this.#namespace);
  }

  opening(real: RegistryBackend): Pick<RegistryBackend, "open"> {
    return {
      open: async (scope, call) => {
        this.#namespace = scope.namespace;
        this.#knows = Object.values(scope.schema?.fields ?? {}).some(({ index }) => index !== false);
        if (this.#knows && !this.isAskedFor) this.#namespaces.set(scope.namespace, new Map());
        return real.open(scope, call);
      },
    };
  }

  write(entries: readonly SetEntry[]): void {
    for (const { identity, metadata } of entries) this.#namespaces.get(this.#namespace)?.set(identity, metadata);
  }

  metadataOf({ identity }: Registration): Metadata | undefined {
    return this.#namespaces.get(this.#namespace)?.get(identity);
  }

  /** Filters of a client that knows of indexes go by them. */
  filteredBy(real: RegistryBackend, holds: (one: Registration, test: FilterTest) => boolean): Partial<RegistryBackend> {
    const isIndexed = (): boolean => this.#knows;
    return scanning(
      real,
      (test) =>
        async function* ({ filter: _filter, ...query }, call) {
          const isWrong = isIndexed();
          for await (const page of real.scan(query, call)) {
            yield page.filter((one) => (isWrong ? holds(one, test) : matches(test, one)));
          }
        },
    );
  }
}

function byIdentity(a: Registration, b: Registration): number {
  return a.identity < b.identity ? -1 : 1;
}
