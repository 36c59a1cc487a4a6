import type { ShardLease } from "../slots/index.ts";

/** A shard as long as this relay holds one lease on it. */
export class HeldShard {
  readonly lease: ShardLease;
  /** What is taken may have been handed over before: until it was found empty under this lease, and after every failure. */
  mayRepeat = true;
  #until: number;
  #isOver = false;

  /** @param until monotonic. */
  constructor(lease: ShardLease, until: number) {
    this.lease = lease;
    this.#until = until;
  }

  get number(): number {
    return this.lease.shard;
  }

  get until(): number {
    return this.#until;
  }

  /** Whether a hand-over may start: false from the lease's deadline on, whatever else this process is busy with. */
  get isLive(): boolean {
    return !this.#isOver && performance.now() < this.#until;
  }

  renew(until: number): void {
    this.#until = Math.max(this.#until, until);
  }

  /** Somebody else may hold it by now. */
  end(): void {
    this.#isOver = true;
  }
}
