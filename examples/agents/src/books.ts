/** The business: which jobs have been cancelled, and what the agents did about it. Nothing here keeps a row from being written twice. */

import pg from "pg";
import type { Job } from "./cast.ts";
import type { Place } from "./slots.ts";

/** What is sent to the agents of a job that is cancelled. */
export interface Cancellation {
  readonly order: number;
  readonly job: Job;
}

/** What an agent that stops writes: who it is, and why. */
export function refundInto({ schemaName }: Pick<Place, "schemaName">): string {
  return `insert into ${schemaName}.refunds (cancellation, agent) values ($1, $2)`;
}

export class Books implements AsyncDisposable {
  readonly pool: pg.Pool;
  readonly #schema: string;

  private constructor(pool: pg.Pool, schema: string) {
    this.pool = pool;
    this.#schema = schema;
  }

  /** New ones, which are thrown away in the end together with everything else in their schema. */
  static async open({ url, schemaName }: Place): Promise<Books> {
    const pool = new pg.Pool({ connectionString: url, options: `-c search_path=${schemaName}`, max: 6 });
    pool.on("error", () => undefined); // One that idles may be cut; whoever needs one gets another.
    await pool.query(`create schema ${schemaName}`);
    await pool.query("create table cancellations (id int primary key, job text not null)");
    await pool.query("create table refunds (cancellation int not null, agent text not null)");
    return new Books(pool, schemaName);
  }

  /** Cancellations that were committed, in order. */
  async cancelled(): Promise<readonly { readonly id: number; readonly job: Job }[]> {
    const { rows } = await this.pool.query<{ id: number; job: Job }>("select id, job from cancellations order by id");
    return rows;
  }

  /** `order agent`, in order, each as often as it was written. */
  async refunds(): Promise<readonly string[]> {
    const { rows } = await this.pool.query<{ cancellation: number; agent: string }>(
      "select cancellation, agent from refunds order by cancellation, agent",
    );
    return rows.map(({ cancellation, agent }) => `${cancellation} ${agent}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.query(`drop schema ${this.#schema} cascade`);
    await this.pool.end();
  }
}
