/** Which shards of the outbox are this relay's: asks for its share, keeps it, and gives it back. */

import { randomBytes } from "node:crypto";
import { type Call, linkCall, type OutboxBackend } from "../slots/index.ts";
import { HeldShard } from "./held-shard.ts";

const SOURCE = "core.leaseShards";

export class ShardLeases {
  readonly leaseMs: number;
  readonly #outbox: OutboxBackend;
  readonly #relay = randomBytes(16).toString("base64url");
  readonly #held = new Map<number, HeldShard>();

  /** @param wantedMs as near to it as the outbox allows. */
  constructor(outbox: OutboxBackend, wantedMs: number) {
    const { minLeaseMs, maxLeaseMs } = outbox.traits;
    this.leaseMs = Math.min(maxLeaseMs, Math.max(minLeaseMs, wantedMs));
    this.#outbox = outbox;
  }

  /** Those that may be handed over now. */
  get live(): readonly HeldShard[] {
    return [...this.#held.values()].filter(({ isLive }) => isLive);
  }

  holds(shard: HeldShard): boolean {
    return this.#held.get(shard.number) === shard;
  }

  /** @returns those that it has not held before. @throws what `leaseShards` throws; TIMEOUT, ABORTED. */
  async renew(signal: AbortSignal): Promise<readonly HeldShard[]> {
    using call = linkCall({ signal }, this.leaseMs / 3, SOURCE);
    // The store counts from when it is asked, which is not before this.
    const until = performance.now() + this.leaseMs;
    const leases = await this.#outbox.leaseShards(this.#relay, { leaseMs: this.leaseMs }, call);
    const before = new Map(this.#held);
    const added: HeldShard[] = [];
    this.#held.clear();
    for (const lease of leases) {
      let shard = before.get(lease.shard);
      if (shard?.lease.lease === lease.lease) shard.renew(until);
      else added.push((shard = new HeldShard(lease, until)));
      this.#held.set(lease.shard, shard);
    }
    for (const shard of before.values()) if (!this.holds(shard)) shard.end();
    return added;
  }

  /** It was told that its lease is over. */
  lose(shard: HeldShard): void {
    shard.end();
    if (this.holds(shard)) this.#held.delete(shard.number);
  }

  /** @throws what `releaseShards` throws. */
  async release(call: Call): Promise<void> {
    for (const shard of this.#held.values()) shard.end();
    this.#held.clear();
    await this.#outbox.releaseShards(this.#relay, call);
  }
}
