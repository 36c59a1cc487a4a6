/** What reading a registry costs over reading an array, and what an index saves. */

import type { Registration, RegistryBackend, ScanQuery } from "@muster/core/slots";
import { compileFilter, type Filter, type FilterInput, parseFilter } from "@muster/filter";
import { sensors } from "../documents.ts";
import { handWritten, SELECTION } from "../predicates.ts";
import { type Contender, playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { BATCH, CALL, openStore, SCHEMA, storeAll, Tally } from "../store.ts";

export const scanScenario: Scenario = {
  name: "scan",
  about: "a filtered scan of the memory registry, against a loop over an array and against an index",
  defaultSize: 100_000,
  run,
};

/** `place` and `site` hold the same value; only `site` is indexed. */
const BY_PLACE: FilterInput = { place: "s42" };
const BY_SITE: FilterInput = { site: "s42" };

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using registry = await openStore(SCHEMA);
  await storeAll(registry, sensors(size));
  const records = await collect(registry);
  const many = await playRounds([scan("scan", registry, SELECTION), loop("loop", records)], { rounds, size });
  const few = await playRounds([scan("scan for 0.1 %", registry, BY_PLACE), scan("index", registry, BY_SITE)], {
    rounds,
    size,
  });
  return {
    rows: [
      rowOf("time of unindexed scan / hand-written loop", "×", many.ratio("scan", "loop"), { atMost: 1.3 }),
      rowOf("speed of 0.1 % by index / the same by scan", "×", few.speedup("index", "scan for 0.1 %"), { atLeast: 10 }),
    ],
    timings: [...many.timings, ...few.timings],
  };
}

/** Reads as core does: the registry selects what it can by itself, and the rest of the filter is asked of each page. */
function scan(name: string, registry: RegistryBackend, input: FilterInput): Contender {
  const filter = parseFilter(input);
  const { native, residual } = registry.filters?.split(filter) ?? { residual: filter };
  const isSelected = residual === undefined ? undefined : residualTest(residual);
  const query: ScanQuery = { pageSize: BATCH, ...(native === undefined ? {} : { filter: native }) };
  return {
    name,
    async run() {
      const tally = new Tally();
      for await (const page of registry.scan(query, CALL)) {
        tally.add(isSelected === undefined ? page : page.filter(isSelected));
      }
      return tally.toString();
    },
  };
}

function residualTest(residual: Filter): (registration: Registration) => boolean {
  const test = compileFilter(residual);
  return ({ metadata }) => test(metadata);
}

/** What one writes without Muster: the live ones that match, in pages. */
function loop(name: string, records: readonly Registration[]): Contender {
  return {
    name,
    run() {
      const tally = new Tally();
      const now = Date.now();
      let page: Registration[] = [];
      for (const registration of records) {
        const { expiresAt } = registration;
        if ((expiresAt !== undefined && expiresAt <= now) || !handWritten(registration.metadata)) continue;
        page.push(registration);
        if (page.length < BATCH) continue;
        tally.add(page);
        page = [];
      }
      tally.add(page);
      return tally.toString();
    },
  };
}

async function collect(registry: RegistryBackend): Promise<readonly Registration[]> {
  const all: Registration[] = [];
  for await (const page of registry.scan({ pageSize: BATCH }, CALL)) all.push(...page);
  return all;
}
