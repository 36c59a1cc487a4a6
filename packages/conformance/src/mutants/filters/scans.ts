import { compileFilter } from "@muster/filter";
import { collect } from "../../cases/support.ts";
import type { Mutant } from "../../mutant.ts";
import { registryMutant } from "../registry/support.ts";
import { kept, matches, pushAll, scanning, selecting } from "./selecting.ts";

export const filteredScanMutants: readonly Mutant[] = [
  registryMutant(
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
  registryMutant(
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
  registryMutant(
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
  registryMutant(
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
        (test) =>
          async function* ({ filter: _filter, ...query }, call) {
            const all = await collect(kept(real.scan(query, call), test));
            for (const one of all.toReversed()) yield [one];
          },
      ),
  ),
  registryMutant(
    {
      id: "filter-scan-ends-at-an-empty-page",
      breaks: "A filtered scan ends where a stretch holds nobody that matches.",
      kills: ["registry/filters/pages-in-order"],
    },
    (real) =>
      scanning(
        real,
        (test) =>
          async function* ({ filter: _filter, ...query }, call) {
            for await (const page of kept(real.scan(query, call), test)) {
              if (page.length === 0) return;
              yield page;
            }
          },
      ),
  ),
  registryMutant(
    {
      id: "filter-makes-one-page",
      breaks: "All that matches comes on one page.",
      kills: ["registry/filters/pages-in-order"],
    },
    (real) =>
      scanning(
        real,
        (test) =>
          async function* ({ filter: _filter, ...query }, call) {
            yield await collect(kept(real.scan(query, call), test));
          },
      ),
  ),
  registryMutant(
    {
      id: "filter-scan-starts-over",
      breaks: "A filtered scan begins at the beginning, wherever it was to continue.",
      kills: ["registry/filters/continues-behind"],
    },
    (real) =>
      scanning(
        real,
        (test) =>
          ({ filter: _filter, after: _after, ...query }, call) =>
            kept(real.scan(query, call), test),
      ),
  ),
  registryMutant(
    {
      id: "filter-pages-by-offset",
      breaks: "Each page of a filtered scan counts its way from the beginning, past whoever is there by now.",
      kills: ["registry/filters/exact-under-churn"],
    },
    (real) =>
      scanning(
        real,
        (test, pageSize) =>
          async function* ({ filter: _filter, ...query }, call) {
            for (let offset = 0; ; offset += pageSize) {
              const all = await collect(real.scan(query, call));
              if (offset >= all.length) return;
              yield all.slice(offset, offset + pageSize).filter((one) => matches(test, one));
            }
          },
      ),
  ),
  registryMutant(
    {
      id: "filter-forgets-the-session",
      breaks: "A scan with a filter and a session looks only at the filter.",
      kills: ["registry/filters/with-a-session"],
    },
    (real) =>
      scanning(
        real,
        (test) =>
          ({ filter: _filter, session: _session, ...query }, call) =>
            kept(real.scan(query, call), test),
      ),
  ),
];
