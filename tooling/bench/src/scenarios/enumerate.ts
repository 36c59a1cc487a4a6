/** The first page of a hundred of an equality with an index, and everyone, page by page. */

import { memoryHub, memoryRegistry } from "@muster/backend-memory";
import type { RegistryBackend } from "@muster/core/slots";
import { besideMemory, type OpenTimed } from "../beside-memory.ts";
import { type CellFleet, fillCells, firstPage, openCells, pageOf } from "../cells.ts";
import { type Composition, compositionOf } from "../compositions.ts";
import { registryAt } from "../receivers/places.ts";
import type { Outcome, Scenario, Settings } from "../scenario.ts";

export const enumerateScenario: Scenario = {
  name: "enumerate",
  about: "the first page of an equality with an index, and everyone, on Redis unless told otherwise",
  defaultSize: 10_000,
  needsServers: true,
  run: (settings) => runOn(compositionOf("redis"), settings),
  runOn,
};

async function runOn(composition: Composition, settings: Settings): Promise<Outcome> {
  return await besideMemory(composition, settings, {
    "a first page": reading((fleet, size) => firstPage(fleet, pageOf(size))),
    everyone: reading(countAll),
  });
}

function reading(read: (fleet: CellFleet, size: number) => Promise<string | number>): OpenTimed {
  return async (name, places, size) => {
    const hub = memoryHub();
    const registry = (): RegistryBackend =>
      places === undefined ? memoryRegistry({ hub }) : registryAt(places.registry);
    await fillCells(registry(), size);
    const fleet = await openCells(registry());
    return { name, run: () => read(fleet, size), [Symbol.asyncDispose]: () => fleet.close() };
  };
}

async function countAll(fleet: CellFleet): Promise<number> {
  let count = 0;
  for await (const { identity } of fleet.identities(null)) if (identity !== "") count += 1;
  return count;
}
