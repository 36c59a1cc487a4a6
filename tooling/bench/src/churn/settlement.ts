/** Everything a churn needs, opened for it: servers, the processes that are served, and a fleet that asks. */

import { memoryHub, memoryMessaging, memoryRegistry } from "@muster/backend-memory";
import { openRegistry } from "@muster/core";
import type { MessagingBackend, RegistryBackend } from "@muster/core/slots";
import { type CellFleet, SCHEMA } from "../cells.ts";
import type { Composition, Slots } from "../compositions.ts";
import { Housing } from "../housing.ts";
import { messagingAt, registryAt } from "../receivers/places.ts";
import { PROCESSES, sharesOf } from "../receivers/sharing.ts";
import { ServerWatch } from "../server-watch.ts";
import { RemotePopulation } from "./members.ts";
import { Population } from "./population.ts";
import { type Churners, NAMESPACE, TIMING } from "./plan.ts";

/** Processes that are simulated: fleets, in fewer real ones. */
const FLEETS = 200;

interface Parts {
  readonly asking: CellFleet;
  readonly members: readonly Churners[];
  readonly watches: readonly ServerWatch[];
  close(): Promise<void>;
}

export class Settlement implements AsyncDisposable {
  readonly asking: CellFleet;
  readonly members: readonly Churners[];
  readonly watches: readonly ServerWatch[];
  /** The population is in this process, and so are the slots. */
  readonly isLocal: boolean;
  readonly #close: () => Promise<void>;

  private constructor({ asking, members, watches, close }: Parts, isLocal: boolean) {
    this.asking = asking;
    this.members = members;
    this.watches = watches;
    this.isLocal = isLocal;
    this.#close = close;
  }

  /** Nobody is registered yet. */
  static async open({ slots }: Composition, size: number): Promise<Settlement> {
    return slots === undefined
      ? new Settlement(await inThisProcess(size), true)
      : new Settlement(await onServers(slots, size), false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

async function inThisProcess(size: number): Promise<Parts> {
  const hub = memoryHub();
  const open = (): Promise<CellFleet> => openFleet(memoryRegistry({ hub }), memoryMessaging({ hub }));
  const asking = await open();
  const fleets = await Promise.all(Array.from({ length: FLEETS }, open));
  const population = new Population(fleets, { share: { from: 0, to: size }, firstNew: size });
  const close = async (): Promise<void> => {
    await population.stop();
    await asking.close();
  };
  return { asking, members: [population], watches: [], close };
}

async function onServers(slots: Slots, size: number): Promise<Parts> {
  const housing = await Housing.open(slots);
  const { registry, messaging } = housing.places;
  // Whoever is the first makes what the store needs.
  const asking = await openFleet(registryAt(registry), messaging && messagingAt(messaging));
  const members = sharesOf(size).map(
    (share, index) =>
      new RemotePopulation({
        places: housing.places,
        fleets: FLEETS / PROCESSES,
        share,
        firstNew: size * (index + 1),
      }),
  );
  const close = async (): Promise<void> => {
    await asking.close();
    await Promise.all(members.map((member) => member.stop()));
    await housing[Symbol.asyncDispose]();
  };
  return { asking, members, watches: housing.servers.flatMap((server) => ServerWatch.of(server) ?? []), close };
}

async function openFleet(registry: RegistryBackend, messaging: MessagingBackend | undefined): Promise<CellFleet> {
  return await openRegistry({
    namespace: NAMESPACE,
    schema: SCHEMA,
    registry,
    ...(messaging === undefined ? {} : { messaging }),
    timing: TIMING,
  });
}
