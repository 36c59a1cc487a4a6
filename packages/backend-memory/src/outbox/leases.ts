/** Which relay serves which shard. */

import type { ShardLease } from "@muster/core/slots";
import { SHARDS } from "./shards.ts";

interface Hold {
  readonly relay: string;
  readonly lease: string;
  until: number;
}

/** What is over is as if it had never been: nobody has to notice. */
export class Leases {
  readonly #holds: (Hold | undefined)[] = Array.from({ length: SHARDS }, () => undefined);
  /** Until when each counts as one of those that share, in the order in which they came. */
  readonly #relays = new Map<string, number>();
  #lastLease = 0;

  /** Renews, gives back what is over the relay's share, and takes of what is free what it lacks. */
  share(relay: string, now: number, until: number): readonly ShardLease[] {
    this.#count(relay, now, until);
    let left = this.#shareOf(relay);
    for (const shard of this.#heldBy(relay, now)) {
      if (left > 0) this.#renew(shard, until);
      else this.#holds[shard] = undefined;
      left -= 1;
    }
    for (const shard of this.#free(now).slice(0, Math.max(0, left))) this.#grant(shard, relay, until);
    return this.#heldBy(relay, now).map((shard) => ({ shard, lease: this.#holds[shard]?.lease ?? "" }));
  }

  release(relay: string, now: number): void {
    for (const shard of this.#heldBy(relay, now)) this.#holds[shard] = undefined;
    this.#relays.delete(relay);
  }

  isHeld({ shard, lease }: ShardLease, now: number): boolean {
    const hold = this.#at(shard, now);
    return hold !== undefined && hold.lease === lease;
  }

  #count(relay: string, now: number, until: number): void {
    for (const [name, countsUntil] of this.#relays) if (countsUntil <= now) this.#relays.delete(name);
    this.#relays.set(relay, until);
  }

  /** Those who came first get one more where it doesn't come out even. */
  #shareOf(relay: string): number {
    const place = [...this.#relays.keys()].indexOf(relay);
    const size = this.#relays.size;
    return Math.floor(SHARDS / size) + (place < SHARDS % size ? 1 : 0);
  }

  #heldBy(relay: string, now: number): readonly number[] {
    return shardsWhere((shard) => this.#at(shard, now)?.relay === relay);
  }

  #free(now: number): readonly number[] {
    return shardsWhere((shard) => this.#at(shard, now) === undefined);
  }

  #at(shard: number, now: number): Hold | undefined {
    const hold = this.#holds[shard];
    return hold !== undefined && hold.until > now ? hold : undefined;
  }

  #renew(shard: number, until: number): void {
    const hold = this.#holds[shard];
    if (hold !== undefined) hold.until = until;
  }

  #grant(shard: number, relay: string, until: number): void {
    this.#lastLease += 1;
    this.#holds[shard] = { relay, lease: String(this.#lastLease), until };
  }
}

function shardsWhere(predicate: (shard: number) => boolean): readonly number[] {
  return Array.from({ length: SHARDS }, (_, shard) => shard).filter(predicate);
}
