/** Cancels jobs: a row in the books and a message to every agent of the job, in one transaction. */

import type pg from "pg";
import type { Books, Cancellation } from "./books.ts";
import type { Job } from "./cast.ts";
import type { AgentFleet } from "./slots.ts";

/** How a transaction ends: as its owner wants, or with the connection, before it was committed. */
export type Ending = "commit" | "rollback" | "cut";

export class Dispatcher {
  readonly #books: Books;
  readonly #fleet: AgentFleet;
  #orders = 0;

  constructor(books: Books, fleet: AgentFleet) {
    this.#books = books;
    this.#fleet = fleet;
  }

  /** Resolves with what was told to the agents, if anything was. */
  async cancel(job: Job, ending: Ending): Promise<Cancellation & { readonly targets: number }> {
    this.#orders += 1;
    const cancellation = { order: this.#orders, job };
    const client = await this.#books.pool.connect();
    let isBroken = true;
    try {
      await client.query("begin");
      const targets = await this.#write(client, cancellation);
      if (ending !== "cut") {
        await client.query(ending);
        isBroken = false;
      }
      return { ...cancellation, targets };
    } finally {
      client.release(isBroken);
    }
  }

  async #write(transaction: pg.PoolClient, cancellation: Cancellation): Promise<number> {
    const { order, job } = cancellation;
    await transaction.query("insert into cancellations (id, job) values ($1, $2)", [order, job]);
    const delivery = "exactly-once";
    const { targetCount } = await this.#fleet.multicast({ job }, cancellation, { transaction, delivery });
    return targetCount;
  }
}
