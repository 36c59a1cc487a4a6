/** A relay that finds a backlog of committed multicasts, and hands it to the durability slot. */

import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { memoryRegistry } from "@muster/backend-memory";
import { postgresDurability, postgresOutbox } from "@muster/backend-postgres";
import { type Fleet, openRegistry } from "@muster/core";
import type { MulticastStart, OutboxTarget } from "@muster/core/slots";
import type { Pool } from "pg";
import { PATIENT, PAYLOAD } from "../fleets.ts";
import { forgetMessages } from "../queues/postgres-leftovers.ts";
import type { Contender } from "../rounds.ts";
import { Disagreement } from "../scenario.ts";
import { CALL, identityOf } from "../store.ts";
import { forgetMulticasts } from "./fleet-outbox.ts";

const NAMESPACE = "relay";
const TTL_MS = 86_400_000;
const LOOK_MS = 5;

export interface RelayLoad {
  readonly multicasts: number;
  /** Of each. */
  readonly recipients: number;
}

/** The clock runs from the commit of all of them, which wakes it, until the last one has been settled. */
export class RelayBench implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #fleet: Fleet;
  readonly #load: RelayLoad;
  #commit: () => Promise<void> = async () => {};

  private constructor(pool: Pool, fleet: Fleet, load: RelayLoad) {
    this.#pool = pool;
    this.#fleet = fleet;
    this.#load = load;
  }

  static async open(pool: Pool, load: RelayLoad): Promise<RelayBench> {
    const fleet = await openRegistry({
      namespace: NAMESPACE,
      registry: memoryRegistry(),
      durability: postgresDurability({ pool }),
      outbox: postgresOutbox({ pool }),
      timing: PATIENT,
    });
    return new RelayBench(pool, fleet, load);
  }

  get relaying(): Contender {
    return { name: "a relay", prepare: () => this.#fill(), run: () => this.#relay() };
  }

  async #fill(): Promise<void> {
    await forgetMessages(this.#pool);
    await forgetMulticasts(this.#pool);
    await using outbox = postgresOutbox({ pool: this.#pool });
    await outbox.open({ namespace: NAMESPACE }, CALL);
    const client = await this.#pool.connect();
    await client.query("begin");
    for (let count = 0; count < this.#load.multicasts; count += 1)
      await outbox.record(client, newStart(), onePage(this.#load.recipients), CALL);
    this.#commit = async () => {
      await client.query("commit");
      client.release();
    };
  }

  async #relay(): Promise<number> {
    await this.#commit();
    while ((await this.#fleet.backlog()).deliveries > 0) await setTimeout(LOOK_MS);
    const { rows } = await this.#pool.query<{ n: string }>("select count(*) n from muster.durable_queue");
    const { multicasts, recipients } = this.#load;
    const enqueued = Number(rows[0]?.n);
    if (enqueued !== multicasts * recipients) throw new Disagreement(`${enqueued} deliveries are in the queue`);
    return enqueued;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fleet.close({ leave: "offline" });
  }
}

function newStart(): MulticastStart {
  const message = {
    id: randomUUID(),
    contentType: "text/plain",
    sentAt: Date.now(),
    guarantee: "at-least-once",
    replyTo: undefined,
    payload: Buffer.from(PAYLOAD),
  } as const;
  return { message, idempotencyKey: undefined, digest: "d", filter: null, ttlMs: TTL_MS };
}

async function* onePage(size: number): AsyncGenerator<readonly OutboxTarget[], void, undefined> {
  yield Array.from({ length: size }, (_, index) => ({ identity: identityOf(index), epoch: 1 }));
}
