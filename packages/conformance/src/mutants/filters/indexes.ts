import { type Registration, SESSION_PREFIX } from "@muster/core/slots";
import { compileFilter, type Metadata } from "@muster/filter";
import type { Mutant } from "../../mutant.ts";
import { registryMutant } from "../registry/support.ts";
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
];

function byIdentity(a: Registration, b: Registration): number {
  return a.identity < b.identity ? -1 : 1;
}
