/** A messaging slot without core: what it adds to its driver, and nothing else. */

import type { MessagingBackend, Outgoing } from "@muster/core/slots";
import { Crew } from "../receivers/crew.ts";
import { messagingAt } from "../receivers/places.ts";
import type { BrokerPlace } from "../receivers/plan.ts";
import { namesOf } from "../receivers/raw-receivers.ts";
import { slotPlans } from "../receivers/sharing.ts";
import type { Contender } from "../rounds.ts";
import { Disagreement } from "../scenario.ts";
import { CALL } from "../store.ts";

export class Slot implements Contender, AsyncDisposable {
  readonly name: string;
  readonly #crew: Crew;
  readonly #messaging: MessagingBackend;
  readonly #batch: readonly Outgoing[];
  readonly #size: number;

  private constructor(name: string, crew: Crew, messaging: MessagingBackend, batch: readonly Outgoing[], size: number) {
    this.name = name;
    this.#crew = crew;
    this.#messaging = messaging;
    this.#batch = batch;
    this.#size = size;
  }

  /** An address for each of the bodies. All of them together are for so many recipients. */
  static async open(name: string, place: BrokerPlace, size: number, bodies: readonly Buffer[]): Promise<Slot> {
    const namespace = "slot";
    const crew = await Crew.start(slotPlans(namespace, place, bodies.length));
    const messaging = messagingAt(place);
    await messaging.open({ namespace }, CALL);
    const addresses = namesOf("", { from: 0, to: bodies.length });
    const batch = bodies.map((body, index) => ({ address: addresses[index] ?? "", headers: {}, body }));
    return new Slot(name, crew, messaging, batch, size);
  }

  async run(): Promise<string> {
    const everyone = this.#crew.expectOneEach();
    const failures = await this.#messaging.publishMany(this.#batch, CALL);
    if (failures.length > 0) throw new Disagreement(`${failures.length} of ${this.#batch.length} failed`);
    return `${((await everyone) / this.#batch.length) * this.#size} received`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#messaging.close();
    await this.#crew[Symbol.asyncDispose]();
  }
}
