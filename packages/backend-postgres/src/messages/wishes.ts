/** Addresses that somebody wants to be live on an inbox, those that are, and those that are to be. */

interface Address {
  isLive: boolean;
  /** Additions under way that want it. */
  additions: number;
}

/** Some of them, for as long as whoever wants them waits. */
export interface Wish extends Disposable {
  /** Those that are not live yet. */
  readonly missing: readonly string[];
  /** They are now; those at least that are still wanted. */
  fulfil(): void;
}

export class Wishes {
  readonly #addresses = new Map<string, Address>();

  /** When it is disposed of, those that are not live by then are forgotten, unless somebody else wants them. */
  add(addresses: readonly string[]): Wish {
    const known = new Map([...new Set(addresses)].map((address) => [address, this.#of(address)]));
    for (const one of known.values()) one.additions += 1;
    return {
      get missing() {
        return [...known].flatMap(([address, { isLive }]) => (isLive ? [] : [address]));
      },
      fulfil: () => {
        for (const one of known.values()) one.isLive = true;
      },
      [Symbol.dispose]: () => {
        for (const [address, one] of known) {
          one.additions -= 1;
          if (one.isLive || one.additions > 0 || this.#addresses.get(address) !== one) continue;
          this.#addresses.delete(address);
        }
      },
    };
  }

  remove(addresses: readonly string[]): void {
    for (const address of addresses) this.#addresses.delete(address);
  }

  /** All of them, for a connection that knows of none. */
  all(): { readonly addresses: readonly string[]; fulfil(): void } {
    const known = [...this.#addresses];
    return {
      addresses: known.map(([address]) => address),
      fulfil: () => {
        for (const [, one] of known) one.isLive = true;
      },
    };
  }

  #of(address: string): Address {
    const known = this.#addresses.get(address) ?? { isLive: false, additions: 0 };
    this.#addresses.set(address, known);
    return known;
  }
}
