/** Which identities' queues this process is handed, and which it is about to leave. */

import type { Lane } from "./lane.ts";
import type { Lease } from "./lease.ts";

export interface LanesOptions {
  /** A later life of the identity, or a later receiver of this one, takes its place. */
  supersede(lane: Lane<Lease>, by: Lane<Lease>): void;
  /** It is about to be detached, which ends its leases. */
  drop(lane: Lane<Lease>): void;
  /** Tells the store to hand over nothing more for it, and to take back what it has. Must not reject. */
  detach(lane: Lane<Lease>): Promise<void>;
}

/**
 * A closed lane keeps what it holds until the handler that runs for it has finished and the store has heard of that: who is
 * detached sooner loses the lease on it.
 */
export class Lanes {
  readonly #options: LanesOptions;
  readonly #open = new Map<string, Lane<Lease>>();
  readonly #closing = new Map<string, Lane<Lease>>();
  /** Of those that have been closed and not been detached yet. */
  readonly #detached = new Map<Lane<Lease>, { readonly promise: Promise<void>; readonly resolve: () => void }>();

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  /** Of the open ones. */
  get size(): number {
    return this.#open.size;
  }

  /** The one that takes what was leased to this epoch of it. */
  find(identity: string, epoch: number): Lane<Lease> | undefined {
    const open = this.#open.get(identity);
    if (open?.epoch === epoch) return open;
    const closing = this.#closing.size === 0 ? undefined : this.#closing.get(identity);
    return closing?.epoch === epoch ? closing : undefined;
  }

  has(identity: string): boolean {
    return this.#open.has(identity) || this.#closing.has(identity);
  }

  /** Before it is attached. */
  open(lane: Lane<Lease>): void {
    const { identity } = lane;
    for (const former of [this.#open.get(identity), this.#closing.get(identity)]) {
      if (former === undefined) continue;
      former.isClosed = true;
      this.#options.supersede(former, lane);
      this.#end(former);
    }
    this.#closing.delete(identity);
    this.#open.set(identity, lane);
  }

  /** Hands nothing over any more. Resolves when it has been detached, or there is no need for that. */
  close(identity: string, epoch: number): Promise<void> | undefined {
    const lane = this.#open.get(identity);
    if (lane?.epoch !== epoch) return undefined;
    this.#open.delete(identity);
    lane.isClosed = true;
    let resolve = (): void => {};
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    this.#detached.set(lane, { promise, resolve });
    this.#closing.set(identity, lane);
    this.leaveIfDone(lane);
    return promise;
  }

  /** Something of it has left these hands. */
  leaveIfDone(lane: Lane<Lease>): void {
    if (this.#closing.get(lane.identity) === lane && !lane.isAtWork) this.#leave(lane);
  }

  /** All that are closed, also those whose handlers still run. Resolves when they are detached. */
  async leaveAll(): Promise<void> {
    for (const lane of [...this.#closing.values()]) this.#leave(lane);
    await Promise.all(Array.from(this.#detached.values(), ({ promise }) => promise));
  }

  #leave(lane: Lane<Lease>): void {
    this.#closing.delete(lane.identity);
    this.#options.drop(lane);
    this.#options.detach(lane).then(
      () => this.#end(lane),
      () => this.#end(lane),
    );
  }

  #end(lane: Lane<Lease>): void {
    this.#detached.get(lane)?.resolve();
    this.#detached.delete(lane);
  }
}
