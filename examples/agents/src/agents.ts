/** The agents of one host: registered, and told what is cancelled. */

import type { PostgresTransaction } from "@muster/backend-postgres";
import type { HandlerContext, Message } from "@muster/core";
import { type Cancellation, refundInto } from "./books.ts";
import { agentsOf, type HostName } from "./cast.ts";
import { type AgentFleet, openFleet, type Place } from "./slots.ts";

export class Agents implements AsyncDisposable {
  readonly #fleet: AgentFleet;
  readonly #refund: string;

  private constructor(fleet: AgentFleet, place: Place) {
    this.#fleet = fleet;
    this.#refund = refundInto(place);
  }

  /** Resolves when they can be reached. */
  static async open(host: HostName, place: Place): Promise<Agents> {
    const agents = new Agents(await openFleet(place), place);
    await agents.#register(host);
    return agents;
  }

  /** They are offline until their host is started again. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fleet.close({ leave: "offline" });
  }

  async #register(host: HostName): Promise<void> {
    const onMessage = (message: Message, context: HandlerContext<PostgresTransaction>): Promise<void> =>
      this.#refundOnce(message, context);
    for (const [agent, metadata] of Object.entries(agentsOf(host))) {
      // Whoever served it before has been killed, which the store may not know yet.
      await this.#fleet.register(agent, metadata, { onMessage, replace: true });
    }
  }

  /** The refund commits together with the acknowledgement, or not at all. */
  async #refundOnce(message: Message, { transaction }: HandlerContext<PostgresTransaction>): Promise<void> {
    const { order } = message.json() as Cancellation; // Nothing else is sent.
    await transaction?.query(this.#refund, [order, message.identity]);
  }
}
