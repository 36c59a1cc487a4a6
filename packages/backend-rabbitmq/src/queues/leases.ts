/** Which receipt is for what, and how those that were settled have been. */

import { BoundedMap, type Settlement } from "@muster/core/slots";
import type { Item } from "./items.ts";

/** So many receipts that were settled are known. */
const MAX_SETTLED = 50_000;

export type Way = Settlement["as"];

export class Leases {
  readonly #seal: string;
  readonly #leases = new Map<string, Item>();
  /** By identity. */
  readonly #counts = new Map<string, number>();
  readonly #settled = new BoundedMap<string, Way>(MAX_SETTLED);
  #receipts = 0;

  /** `seal` is no other's. */
  constructor(seal: string) {
    this.#seal = seal;
  }

  /** Of one identity. */
  count(identity: string): number {
    return this.#counts.get(identity) ?? 0;
  }

  /** @returns its receipt, which no other has had. */
  begin(item: Item): string {
    this.#receipts += 1;
    const receipt = `${this.#seal}.${this.#receipts}`;
    item.receipt = receipt;
    this.#leases.set(receipt, item);
    const { identity } = item.recipient;
    this.#counts.set(identity, this.count(identity) + 1);
    return receipt;
  }

  /** Its receipt settles nothing any more, if it has one. */
  end(item: Item): void {
    const { receipt } = item;
    item.receipt = undefined;
    if (receipt === undefined) return;
    this.#leases.delete(receipt);
    const { identity } = item.recipient;
    const left = this.count(identity) - 1;
    if (left > 0) this.#counts.set(identity, left);
    else this.#counts.delete(identity);
  }

  /** The lease that the receipt is for, or in which way that was settled. */
  find(receipt: string): Item | Way | undefined {
    return this.#leases.get(receipt) ?? this.#settled.get(receipt);
  }

  settled(receipt: string, way: Way): void {
    this.#settled.set(receipt, way);
  }

  /** All end; what was settled stays known. */
  lose(): void {
    this.#leases.clear();
    this.#counts.clear();
  }
}
