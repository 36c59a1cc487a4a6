/**
 * What one writes by hand who knows what is fast: the routes of everyone in one hash of Redis, scanned by a thousand; a
 * message over NATS for each thousand recipients of a node, with the payload once; one flush. Nobody acknowledges anything.
 */

import { connect, type NatsConnection } from "@nats-io/transport-node";
import { Redis } from "ioredis";
import { NODES } from "../fleets.ts";
import { Crew } from "../receivers/crew.ts";
import type { Grouped } from "../receivers/grouped-receivers.ts";
import type { GroupedPlan } from "../receivers/plan.ts";
import { groupedPlans } from "../receivers/sharing.ts";
import type { Contender } from "../rounds.ts";
import { BATCH, identityOf } from "../store.ts";

const ROUTES = "sketch:routes";

export class GroupedSketch implements Contender, AsyncDisposable {
  readonly name = "bare scan, bare grouped publish";
  readonly #redis: Redis;
  readonly #nats: NatsConnection;
  readonly #crew: Crew;
  readonly #payload: string;

  private constructor(redis: Redis, nats: NatsConnection, crew: Crew, payload: string) {
    this.#redis = redis;
    this.#nats = nats;
    this.#crew = crew;
    this.#payload = payload;
  }

  static async open(
    urls: { readonly redis: string; readonly nats: string },
    size: number,
    payload: string,
  ): Promise<GroupedSketch> {
    const plans = groupedPlans(urls.nats, NODES, size);
    const crew = await Crew.start(plans);
    const redis = new Redis(urls.redis);
    for (const plan of plans) await writeRoutes(redis, plan);
    return new GroupedSketch(redis, await connect({ servers: urls.nats }), crew, payload);
  }

  async run(): Promise<string> {
    const everyone = this.#crew.expectOneEach();
    const groups = new Map<string, string[]>();
    let cursor = "0";
    do {
      const [next, fields] = await this.#redis.hscan(ROUTES, cursor, "COUNT", BATCH);
      for (let at = 0; at < fields.length; at += 2) this.#add(groups, fields[at + 1] ?? "", fields[at] ?? "");
      cursor = next;
    } while (cursor !== "0");
    for (const [node, to] of groups) this.#publish(node, to);
    await this.#nats.flush();
    return `${await everyone} received`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
    await this.#nats.close();
    await this.#crew[Symbol.asyncDispose]();
  }

  #add(groups: Map<string, string[]>, node: string, identity: string): void {
    const group = groups.get(node);
    if (group === undefined) groups.set(node, [identity]);
    else if (group.push(identity) === BATCH) {
      this.#publish(node, group);
      groups.delete(node);
    }
  }

  #publish(node: string, to: readonly string[]): void {
    const message: Grouped = { to, payload: this.#payload };
    this.#nats.publish(node, JSON.stringify(message));
  }
}

/** Dealt out to the nodes in turn. */
async function writeRoutes(redis: Redis, { nodes, share }: GroupedPlan): Promise<void> {
  for (let start = share.from; start < share.to; start += BATCH) {
    const count = Math.min(BATCH, share.to - start);
    const fields = Array.from({ length: count }, (_, at) => [
      identityOf(start + at),
      nodes[(start + at) % nodes.length] ?? "",
    ]);
    await redis.hset(ROUTES, fields.flat());
  }
}
