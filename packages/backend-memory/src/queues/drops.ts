/** Up to which epoch each identity has been dropped. */

import { type Bucketed, BucketQueue } from "./bucket-queue.ts";

interface Drop extends Bucketed<Drop> {
  readonly identity: string;
  epoch: number;
}

export class Drops {
  readonly #byIdentity = new Map<string, Drop>();
  readonly #remembered = new BucketQueue<Drop>();

  /** 0: none. */
  lastEpoch(identity: string): number {
    return this.#byIdentity.get(identity)?.epoch ?? 0;
  }

  has(identity: string, epoch: number): boolean {
    return this.#byIdentity.size > 0 && epoch <= this.lastEpoch(identity);
  }

  add(identity: string, epoch: number, until: number): void {
    const known = this.#byIdentity.get(identity);
    const drop = known ?? { identity, epoch, bucket: undefined, previous: undefined, next: undefined };
    drop.epoch = Math.max(drop.epoch, epoch);
    this.#byIdentity.set(identity, drop);
    this.#remembered.put(drop, until);
  }

  forgetUpTo(now: number): void {
    for (let drop = this.#remembered.takeUpTo(now); drop !== undefined; drop = this.#remembered.takeUpTo(now))
      this.#byIdentity.delete(drop.identity);
  }
}
