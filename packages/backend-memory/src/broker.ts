/** Who listens on which address of one namespace. An address is a key and nothing more: no character in it means anything. */

import type { Parcel } from "./parcel.ts";

/** An inbox, as publishers see it. */
export interface Receiver {
  /** Takes the parcels in their order; resolves when each was taken, or can't be any more. */
  accept(parcels: readonly Parcel[], isGivenUp: () => boolean, maxHoldMs: number): Promise<void>;
}

export class Broker {
  readonly #receivers = new Map<string, Set<Receiver>>();

  listen(address: string, receiver: Receiver): void {
    const listening = this.#receivers.get(address);
    if (listening === undefined) this.#receivers.set(address, new Set([receiver]));
    else listening.add(receiver);
  }

  leave(address: string, receiver: Receiver): void {
    const listening = this.#receivers.get(address);
    listening?.delete(receiver);
    if (listening?.size === 0) this.#receivers.delete(address);
  }

  receiversAt(address: string): Iterable<Receiver> {
    return this.#receivers.get(address) ?? [];
  }
}
