/** A multicast of Muster to fleets in other processes. */

import { memoryRegistry } from "@muster/backend-memory";
import { type DeliveryGuarantee, type Fleet, openRegistry } from "@muster/core";
import { PATIENT } from "../fleets.ts";
import { Crew } from "../receivers/crew.ts";
import { OWN_ADDRESS } from "../receivers/fleet-receivers.ts";
import { durabilityAt, messagingAt, registryAt } from "../receivers/places.ts";
import type { BrokerPlace } from "../receivers/plan.ts";
import { type FleetReceivers, fleetPlans, rawPlans } from "../receivers/sharing.ts";
import { sharedRegistry } from "../receivers/shared-registry.ts";
import type { Contender } from "../rounds.ts";
import { CALL, identityOf } from "../store.ts";
import { Disagreement } from "../scenario.ts";

/** What is sent to everyone. */
export interface MusterSending {
  readonly payload: string;
  readonly delivery?: DeliveryGuarantee;
}

export class Muster implements Contender, AsyncDisposable {
  readonly name: string;
  readonly fleet: Fleet;
  readonly crew: Crew;
  readonly #payload: string;
  readonly #delivery: DeliveryGuarantee;

  private constructor(name: string, fleet: Fleet, crew: Crew, { payload, delivery = "at-most-once" }: MusterSending) {
    this.name = name;
    this.fleet = fleet;
    this.crew = crew;
    this.#payload = payload;
    this.#delivery = delivery;
  }

  /** Starts the receiving processes and a fleet that only sends. */
  static async open(name: string, receivers: FleetReceivers, sending: MusterSending): Promise<Muster> {
    const { namespace, registry: place, messaging, durability } = receivers;
    const memory = place.at === "sender" ? memoryRegistry() : undefined;
    await memory?.open({ namespace }, CALL);
    const registry = memory === undefined ? registryAt(place) : sharedRegistry(memory);
    const crew = await Crew.start(fleetPlans(receivers), memory);
    const fleet = await openRegistry({
      namespace,
      registry,
      messaging: messagingAt(messaging),
      ...(durability === undefined ? {} : { durability: durabilityAt(durability) }),
      timing: PATIENT,
    });
    return new Muster(name, fleet, crew, sending);
  }

  /**
   * The same from a registry at hand to who has nothing of Muster and listens on the identity addresses: subjects, channels
   * or keys that the backend makes of them.
   */
  static async toBareSubscribers(name: string, broker: BrokerPlace, size: number, payload: string): Promise<Muster> {
    const namespace = "bare";
    const start = { nats: `muster.${namespace}.`, redis: `muster:{${namespace}}:`, rabbitmq: "", kafka: "" }[broker.at];
    const exchange = `muster.${namespace}`;
    const crew = await Crew.start(rawPlans({ broker: { ...broker, exchange }, prefix: start + OWN_ADDRESS, size }));
    const registry = memoryRegistry();
    const fleet = await openRegistry({ namespace, registry, messaging: messagingAt(broker), timing: PATIENT });
    const registering = Array.from({ length: size }, (_, index) =>
      fleet.register(identityOf(index), {}, { address: OWN_ADDRESS + identityOf(index) }),
    );
    await Promise.all(registering);
    return new Muster(name, fleet, crew, { payload });
  }

  async run(): Promise<string> {
    const everyone = this.crew.expectOneEach();
    const { deliveredCount, targetCount } = await this.fleet.multicast(null, this.#payload, {
      delivery: this.#delivery,
    });
    if (deliveredCount < targetCount) throw new Disagreement(`${deliveredCount} of ${targetCount} delivered`);
    return `${await everyone} received`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet.close();
    await this.crew[Symbol.asyncDispose]();
  }
}
