/** Renewals of registrations that nothing but `renew` keeps alive, all at once. */

import { memoryRegistry } from "@muster/backend-memory";
import { type Fleet, type Handle, openRegistry } from "@muster/core";
import type { RegistryBackend } from "@muster/core/slots";
import { besideMemory, type OpenTimed, type Timed } from "../beside-memory.ts";
import { type Composition, compositionOf } from "../compositions.ts";
import { PATIENT } from "../fleets.ts";
import { registryAt } from "../receivers/places.ts";
import type { Outcome, Scenario, Settings } from "../scenario.ts";
import { identityOf } from "../store.ts";

export const renewScenario: Scenario = {
  name: "renew",
  about: "concurrent renewals of registrations without a session, on Redis unless told otherwise",
  defaultSize: 10_000,
  needsServers: true,
  run: (settings) => runOn(compositionOf("redis"), settings),
  runOn,
};

const MANUAL = { renew: "manual" } as const;

async function runOn(composition: Composition, settings: Settings): Promise<Outcome> {
  const open: OpenTimed = (name, places, size) =>
    Renewals.open(name, size, () => (places === undefined ? memoryRegistry() : registryAt(places.registry)));
  return await besideMemory(composition, settings, { renewals: open });
}

class Renewals implements Timed {
  readonly name: string;
  readonly #fleet: Fleet;
  readonly #handles: readonly Handle[];

  private constructor(name: string, fleet: Fleet, handles: readonly Handle[]) {
    this.name = name;
    this.#fleet = fleet;
    this.#handles = handles;
  }

  static async open(name: string, size: number, registry: () => RegistryBackend): Promise<Renewals> {
    const fleet = await openRegistry({ namespace: "renew", registry: registry(), timing: PATIENT });
    const registering = Array.from({ length: size }, (_, index) => fleet.register(identityOf(index), {}, MANUAL));
    return new Renewals(name, fleet, await Promise.all(registering));
  }

  async run(): Promise<number> {
    const renewed = await Promise.all(this.#handles.map((handle) => handle.renew()));
    return renewed.filter((expiresAt) => expiresAt !== undefined).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fleet.close();
  }
}
