/** The bare NATS driver: publish to a subject per identity, one flush behind the last. */

import { connect, type NatsConnection } from "@nats-io/transport-node";
import { Crew } from "../receivers/crew.ts";
import type { RawPlan } from "../receivers/plan.ts";
import { namesOf } from "../receivers/raw-receivers.ts";
import { type RawReceivers, rawPlans } from "../receivers/sharing.ts";
import type { Contender } from "../rounds.ts";

export class RawNats implements Contender, AsyncDisposable {
  readonly name: string;
  readonly #connection: NatsConnection;
  readonly #crew: Crew;
  readonly #subjects: readonly string[];
  readonly #body: Uint8Array;

  private constructor(
    name: string,
    connection: NatsConnection,
    crew: Crew,
    plans: readonly RawPlan[],
    body: Uint8Array,
  ) {
    this.name = name;
    this.#connection = connection;
    this.#crew = crew;
    this.#subjects = plans.flatMap(({ prefix, share }) => namesOf(prefix, share));
    this.#body = body;
  }

  static async open(
    name: string,
    receivers: Omit<RawReceivers, "broker">,
    url: string,
    payload: string,
  ): Promise<RawNats> {
    const plans = rawPlans({ ...receivers, broker: { at: "nats", url } });
    const crew = await Crew.start(plans);
    const connection = await connect({ servers: url });
    return new RawNats(name, connection, crew, plans, new TextEncoder().encode(payload));
  }

  async run(): Promise<string> {
    const everyone = this.#crew.expectOneEach();
    for (const subject of this.#subjects) this.#connection.publish(subject, this.#body);
    await this.#connection.flush();
    return `${await everyone} received`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
    await this.#crew[Symbol.asyncDispose]();
  }
}
