/** The bare NATS driver: publish to a subject per identity, one flush behind the last; with headers for each, or without. */

import { connect, headers, type MsgHdrs, type NatsConnection } from "@nats-io/transport-node";
import { Crew } from "../receivers/crew.ts";
import type { RawPlan } from "../receivers/plan.ts";
import { namesOf } from "../receivers/raw-receivers.ts";
import { type RawReceivers, rawPlans } from "../receivers/sharing.ts";
import type { Contender } from "../rounds.ts";
import { identityOf } from "../store.ts";

/** Whether each message says whom it is for, in as many headers as Muster's. */
export type RawMessages = "bare" | "addressed";

export class RawNats implements Contender, AsyncDisposable {
  readonly name: string;
  readonly #connection: NatsConnection;
  readonly #crew: Crew;
  readonly #subjects: readonly string[];
  readonly #body: Uint8Array;
  readonly #messages: RawMessages;

  private constructor(
    name: string,
    connection: NatsConnection,
    crew: Crew,
    plans: readonly RawPlan[],
    { body, messages }: { readonly body: Uint8Array; readonly messages: RawMessages },
  ) {
    this.name = name;
    this.#connection = connection;
    this.#crew = crew;
    this.#subjects = plans.flatMap(({ prefix, share }) => namesOf(prefix, share));
    this.#body = body;
    this.#messages = messages;
  }

  static async open(
    name: string,
    receivers: Omit<RawReceivers, "broker">,
    url: string,
    payload: string,
    messages: RawMessages = "bare",
  ): Promise<RawNats> {
    const plans = rawPlans({ ...receivers, broker: { at: "nats", url } });
    const crew = await Crew.start(plans);
    const connection = await connect({ servers: url });
    return new RawNats(name, connection, crew, plans, { body: new TextEncoder().encode(payload), messages });
  }

  async run(): Promise<string> {
    const everyone = this.#crew.expectOneEach();
    if (this.#messages === "bare") this.#publish();
    else this.#publishAddressed();
    await this.#connection.flush();
    return `${await everyone} received`;
  }

  #publish(): void {
    for (const subject of this.#subjects) this.#connection.publish(subject, this.#body);
  }

  #publishAddressed(): void {
    for (const [index, subject] of this.#subjects.entries())
      this.#connection.publish(subject, this.#body, { headers: headersTo(index) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
    await this.#crew[Symbol.asyncDispose]();
  }
}

function headersTo(index: number): MsgHdrs {
  const all = headers();
  all.set("version", "1");
  all.set("id", "00000000-0000-4000-8000-000000000000");
  all.set("sent-at", "1700000000000");
  all.set("content-type", "text/plain");
  all.set("identity", identityOf(index));
  all.set("epoch", "1700000000000000");
  return all;
}
