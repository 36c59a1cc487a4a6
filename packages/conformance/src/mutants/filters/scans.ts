import { type Registration, type RegistryBackend, type ScanQuery, SESSION_PREFIX } from "@muster/core/slots";
import { compileFilter, type Filter, type FilterTest, type Metadata } from "@muster/filter";
import { collect } from "../../cases/support.ts";
import { type Mutant, withRegistry } from "../../mutant.ts";
import { factsOf, kept, pushAll, selecting } from "./selecting.ts";

type Fault = (real: RegistryBackend) => Partial<RegistryBackend>;

function scanMutant(about: Omit<Mutant, "of">, fault: Fault): Mutant {
  return { ...about, of: (subject) => withRegistry(subject, fault) };
}

/** Filtered scans and counts go through `scan`; the rest is the real thing. */
function scanning(
  real: RegistryBackend,
  scan: (query: ScanQuery & { readonly filter: Filter }, test: FilterTest) => RegistryBackend["scan"],
): Partial<RegistryBackend> {
  const right = selecting(real, compileFilter);
  return {
    ...right,
    scan: (query, call) => {
      const { filter } = query;
      if (filter === undefined) return real.scan(query, call);
      return scan({ ...query, filter }, testOf(filter))(query, call);
    },
  };
}

function testOf(filter: Filter): FilterTest {
  return compileFilter(filter);
}

function matches(test: FilterTest, one: Registration, metadata: Metadata = one.metadata): boolean {
  return test(metadata, { ...factsOf(one), attached: false });
}

export const filteredScanMutants: readonly Mutant[] = [
  scanMutant(
    {
      id: "filter-ignored-by-scan",
      breaks: "A scan gives everyone, whatever was native.",
      kills: [
        "registry/filters/pages-in-order",
        "registry/filters/continues-behind",
        "registry/filters/exact-under-churn",
        "registry/filters/with-a-session",
        "registry/filters/sees-updates",
        "registry/filters/differential",
      ],
    },
    (real) => ({
      filters: { split: pushAll },
      scan: ({ filter: _filter, ...query }, call) => real.scan(query, call),
    }),
  ),
  scanMutant(
    {
      id: "filter-ignored-by-route-scan",
      breaks: "A scan of routes gives everyone, whatever was native.",
      kills: ["registry/filters/corpus-spellings", "registry/filters/differential"],
    },
    (real) => ({
      ...selecting(real, compileFilter),
      scanRoutes: ({ filter: _filter, ...query }, call) => real.scanRoutes(query, call),
    }),
  ),
  scanMutant(
    {
      id: "filter-ignored-by-count",
      breaks: "A count is of everyone, whatever was native.",
      kills: ["registry/filters/corpus-spellings", "registry/filters/pages-in-order", "registry/filters/differential"],
    },
    (real) => {
      const { counts } = real;
      return counts ? { counts: { count: async (_, call) => counts.count(undefined, call) } } : {};
    },
  ),
  scanMutant(
    {
      id: "filter-results-unordered",
      breaks: "A filtered scan is in the order in which an index holds them.",
      kills: [
        "registry/filters/pages-in-order",
        "registry/filters/continues-behind",
        "registry/filters/exact-under-churn",
      ],
    },
    (real) =>
      scanning(
        real,
        (_, test) =>
          async function* ({ filter: _filter, ...query }, call) {
            const all = await collect(kept(real.scan(query, call), test));
            for (const one of all.toReversed()) yield [one];
          },
      ),
  ),
  scanMutant(
    {
      id: "filter-scan-ends-at-an-empty-page",
      breaks: "A filtered scan ends where a stretch holds nobody that matches.",
      kills: ["registry/filters/pages-in-order"],
    },
    (real) =>
      scanning(
        real,
        (_, test) =>
          async function* ({ filter: _filter, ...query }, call) {
            for await (const page of kept(real.scan(query, call), test)) {
              if (page.length === 0) return;
              yield page;
            }
          },
      ),
  ),
  scanMutant(
    {
      id: "filter-makes-one-page",
      breaks: "All that matches comes on one page.",
      kills: ["registry/filters/pages-in-order"],
    },
    (real) =>
      scanning(
        real,
        (_, test) =>
          async function* ({ filter: _filter, ...query }, call) {
            yield await collect(kept(real.scan(query, call), test));
          },
      ),
  ),
  scanMutant(
    {
      id: "filter-scan-starts-over",
      breaks: "A filtered scan begins at the beginning, wherever it was to continue.",
      kills: ["registry/filters/continues-behind"],
    },
    (real) =>
      scanning(
        real,
        (_, test) =>
          ({ filter: _filter, after: _after, ...query }, call) =>
            kept(real.scan(query, call), test),
      ),
  ),
  scanMutant(
    {
      id: "filter-pages-by-offset",
      breaks: "Each page of a filtered scan counts its way from the beginning, past whoever is there by now.",
      kills: ["registry/filters/exact-under-churn"],
    },
    (real) =>
      scanning(
        real,
        ({ pageSize }, test) =>
          async function* ({ filter: _filter, ...query }, call) {
            for (let offset = 0; ; offset += pageSize) {
              const all = await collect(real.scan(query, call));
              if (offset >= all.length) return;
              yield all.slice(offset, offset + pageSize).filter((one) => matches(test, one));
            }
          },
      ),
  ),
  scanMutant(
    {
      id: "filter-forgets-the-session",
      breaks: "A scan with a filter and a session looks only at the filter.",
      kills: ["registry/filters/with-a-session"],
    },
    (real) =>
      scanning(
        real,
        (_, test) =>
          ({ filter: _filter, session: _session, ...query }, call) =>
            kept(real.scan(query, call), test),
      ),
  ),
  scanMutant(
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
          (_, test) =>
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
  scanMutant(
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
          (_, test) =>
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
  scanMutant(
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
                (one) => one.identity.startsWith(SESSION_PREFIX) && filter && matches(testOf(filter), one),
              );
              return (await counts.count(filter, call)) + matching.length;
            },
          },
        }),
      };
    },
  ),
];

function byIdentity(a: Registration, b: Registration): number {
  return a.identity < b.identity ? -1 : 1;
}
