/** A node of Moleculer without services of its own, which broadcasts over NATS. */

import type { ServiceBroker } from "moleculer";
import { NODES } from "../fleets.ts";
import { Crew } from "../receivers/crew.ts";
import { EVERYONE, moleculerNode, serviceOf } from "../receivers/moleculer-receivers.ts";
import { moleculerPlans } from "../receivers/sharing.ts";
import type { Contender } from "../rounds.ts";

export class Moleculer implements Contender, AsyncDisposable {
  readonly name = "Moleculer, broadcast";
  readonly #broker: ServiceBroker;
  readonly #crew: Crew;
  readonly #payload: string;

  private constructor(broker: ServiceBroker, crew: Crew, payload: string) {
    this.#broker = broker;
    this.#crew = crew;
    this.#payload = payload;
  }

  static async open(url: string, size: number, payload: string): Promise<Moleculer> {
    const plans = moleculerPlans(url, NODES, size);
    const crew = await Crew.start(plans);
    const broker = moleculerNode(url, "sender");
    await broker.start();
    // A node that has not been heard of is not sent to.
    await broker.waitForServices(plans.flatMap(({ nodes }) => nodes.map(serviceOf)));
    return new Moleculer(broker, crew, payload);
  }

  async run(): Promise<string> {
    const everyone = this.#crew.expectOneEach();
    await this.#broker.broadcast(EVERYONE, { payload: this.#payload });
    return `${await everyone} received`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#broker.stop();
    await this.#crew[Symbol.asyncDispose]();
  }
}
