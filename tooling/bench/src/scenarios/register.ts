/** What coalescing makes of concurrent registers, against handing the backend whole batches. */

import { memoryRegistry } from "@muster/backend-memory";
import { type Fleet, openRegistry } from "@muster/core";
import type { RegistryBackend } from "@muster/core/slots";
import { sensors } from "../documents.ts";
import { besideMemory, type OpenTimed } from "../beside-memory.ts";
import { registryAt } from "../receivers/places.ts";
import { FleetRegisters } from "../registry-writers.ts";
import { type Contender, playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { identityOf, openStore, storeAll } from "../store.ts";

export const registerScenario: Scenario = {
  name: "register",
  about: "concurrent registers of one process, against setMany of 1,000 each",
  defaultSize: 10_000,
  run,
  runOn: (composition, settings) => besideMemory(composition, settings, { registers: openRegisters }),
};

const openRegisters: OpenTimed = (name, places, size) =>
  FleetRegisters.open(name, {
    documents: sensors(size),
    atOnce: size,
    registry: () => (places === undefined ? memoryRegistry() : registryAt(places.registry)),
  });

type Documents = ReturnType<typeof sensors>;

async function run({ size, rounds }: Settings): Promise<Outcome> {
  const documents = sensors(size);
  await using coalesced = new Coalesced(documents);
  await using direct = new Direct(documents);
  const played = await playRounds([coalesced, direct], { rounds, size });
  return {
    rows: [rowOf("time of concurrent registers / setMany of 1,000", "×", played.ratio(coalesced.name, direct.name))],
    timings: played.timings,
  };
}

/** Every register at once, each into an empty registry of its own fleet. */
class Coalesced implements Contender, AsyncDisposable {
  readonly name = "concurrent registers";
  readonly #documents: Documents;
  #fleet: Fleet | undefined;

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  async prepare(): Promise<void> {
    await this.#fleet?.close();
    this.#fleet = await openRegistry({ namespace: "bench", registry: memoryRegistry() });
  }

  async run(): Promise<number> {
    const fleet = this.#fleet;
    if (fleet === undefined) return 0;
    const handles = await Promise.all(
      this.#documents.map((metadata, index) => fleet.register(identityOf(index), metadata)),
    );
    return handles.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fleet?.close();
  }
}

class Direct implements Contender, AsyncDisposable {
  readonly name = "setMany of 1,000";
  readonly #documents: Documents;
  #registry: RegistryBackend | undefined;

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  async prepare(): Promise<void> {
    await this.#registry?.close();
    this.#registry = await openStore();
  }

  async run(): Promise<number> {
    return this.#registry === undefined ? 0 : await storeAll(this.#registry, this.#documents);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#registry?.close();
  }
}
