/**
 * The algorithm of the pattern's proof of concept on Redis and NATS: a hash per identity and its expiry, written one
 * after the other; a map in the process to enumerate from; a publish and a flush for each identity, all at once.
 */

import { connect, type NatsConnection } from "@nats-io/transport-node";
import { Redis } from "ioredis";
import type { Sensor } from "../documents.ts";
import type { Reported } from "./load.ts";

const TTL_SECONDS = 300;
/** As many matches as the first page of Muster's `enumerate` holds. */
const PAGE = 100;

export class ProofOfConcept implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #nats: NatsConnection;
  readonly #known = new Map<string, Sensor>();

  private constructor(redis: Redis, nats: NatsConnection) {
    this.#redis = redis;
    this.#nats = nats;
  }

  static async open(redisUrl: string, natsUrl: string): Promise<ProofOfConcept> {
    return new ProofOfConcept(new Redis(redisUrl), await connect({ servers: natsUrl }));
  }

  /** The identity is its subject. Without `onMessage` somebody else has subscribed already. */
  async register(identity: string, metadata: Sensor, onMessage?: () => void): Promise<void> {
    if (onMessage !== undefined) this.#nats.subscribe(identity, { callback: onMessage });
    const key = `poc:${identity}`;
    await this.#redis.hset(key, { identity, metadata: JSON.stringify(metadata), registeredAt: Date.now() });
    await this.#redis.expire(key, TTL_SECONDS);
    this.#known.set(identity, metadata);
  }

  /** How many of the first page match. */
  enumerate(matches: (metadata: Sensor) => boolean): number {
    let found = 0;
    for (const metadata of this.#known.values()) {
      if (matches(metadata)) found += 1;
      if (found === PAGE) break;
    }
    return found;
  }

  async multicast(payload: string): Promise<Reported> {
    const body = new TextEncoder().encode(payload);
    const sent = await Promise.all([...this.#known.keys()].map((identity) => this.#send(identity, body)));
    const delivered = sent.filter(Boolean).length;
    return { delivered, failed: sent.length - delivered };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
    await this.#nats.close();
  }

  async #send(identity: string, body: Uint8Array): Promise<boolean> {
    try {
      this.#nats.publish(identity, body);
      await this.#nats.flush();
      return true;
    } catch {
      return false; // It counts as failed, as there.
    }
  }
}
