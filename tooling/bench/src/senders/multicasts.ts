/** Multicasts to everyone on 20 nodes, of whatever guarantee, on servers and in memory. */

import type { DeliveryGuarantee, Fleet } from "@muster/core";
import type { OpenTimed, Timed } from "../beside-memory.ts";
import { closeAll, multicastToAll, NODES, openFleets, PAYLOAD, Receivers, registerAll } from "../fleets.ts";
import type { Places } from "../housing.ts";
import { Disagreement } from "../scenario.ts";
import { Muster } from "./muster.ts";

export interface Sending {
  /** Default `at-most-once`. */
  readonly delivery?: DeliveryGuarantee;
  /** Over the durability slot. Default false. */
  readonly isDurable?: boolean;
}

/** Until everyone has received it, and by at-least-once until its sender knows that every handler has finished. */
export function multicasts(delivery: DeliveryGuarantee, isDurable: boolean = false): OpenTimed {
  const sending = { delivery, isDurable };
  return (name, places, size) =>
    places === undefined ? MemoryMulticasts.open(name, size, sending) : openMuster(name, places, size, sending);
}

/** To fleets in other processes. */
export async function openMuster(
  name: string,
  { registry, messaging, durability }: Places,
  size: number,
  { delivery = "at-most-once", isDurable = false }: Sending,
): Promise<Muster> {
  if (messaging === undefined) throw new Disagreement("nothing fills the messaging slot");
  const kept = isDurable && durability !== undefined ? { durability } : {};
  return await Muster.open(
    name,
    { namespace: "multicasts", registry, messaging, ...kept, size, nodes: NODES, addresses: "node" },
    { payload: PAYLOAD, delivery },
  );
}

/** To fleets in this process. */
export class MemoryMulticasts implements Timed {
  readonly name: string;
  readonly fleet: Fleet;
  readonly crew: { total(): Promise<number> };
  readonly #fleets: readonly Fleet[];
  readonly #receivers: Receivers;
  readonly #size: number;
  readonly #delivery: DeliveryGuarantee;

  private constructor(
    name: string,
    fleets: readonly [Fleet, ...Fleet[]],
    receivers: Receivers,
    { size, delivery }: { readonly size: number; readonly delivery: DeliveryGuarantee },
  ) {
    this.name = name;
    [this.fleet] = fleets;
    this.#fleets = fleets;
    this.#receivers = receivers;
    this.#size = size;
    this.#delivery = delivery;
    this.crew = { total: () => Promise.resolve(receivers.received) };
  }

  static async open(
    name: string,
    size: number,
    { delivery = "at-most-once", isDurable = false }: Sending,
  ): Promise<MemoryMulticasts> {
    const receivers = new Receivers();
    const fleets = await openFleets(NODES, { isDurable });
    await registerAll(fleets, size, receivers);
    return new MemoryMulticasts(name, fleets, receivers, { size, delivery });
  }

  async run(): Promise<string> {
    await multicastToAll(this.fleet, this.#size, this.#receivers, this.#delivery);
    return `${this.#receivers.received} received`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeAll(this.#fleets);
  }
}
