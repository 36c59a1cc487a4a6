/** Names of multicasts that no transaction has committed yet: whoever comes second waits for the first. */

import type { Transaction } from "../transaction.ts";
import type { StoredMulticast } from "./stored.ts";

/** One transaction's hold on the names of one multicast. */
export interface Claim {
  readonly names: readonly string[];
  readonly transaction: Transaction;
  /** Present once all its recipients are known. */
  multicast: StoredMulticast | undefined;
}

export class Claims {
  readonly #byName = new Map<string, Claim>();
  readonly #waiting = new Map<Claim, Set<() => void>>();

  find(names: readonly string[]): Claim | undefined {
    for (const name of names) {
      const claim = this.#byName.get(name);
      if (claim !== undefined) return claim;
    }
    return undefined;
  }

  /** None of the names is anyone's. */
  stake(names: readonly string[], transaction: Transaction): Claim {
    const claim: Claim = { names, transaction, multicast: undefined };
    for (const name of names) this.#byName.set(name, claim);
    return claim;
  }

  /** Its multicast has been committed, or never will be. Twice is once. */
  release(claim: Claim): void {
    for (const name of claim.names) if (this.#byName.get(name) === claim) this.#byName.delete(name);
    this.tell(claim);
  }

  /** Something about it has changed. */
  tell(claim: Claim): void {
    const waiting = this.#waiting.get(claim) ?? [];
    this.#waiting.delete(claim);
    for (const wake of waiting) wake();
  }

  async untilChanged(claim: Claim): Promise<void> {
    await new Promise<void>((resolve) => {
      const waiting = this.#waiting.get(claim);
      if (waiting === undefined) this.#waiting.set(claim, new Set([resolve]));
      else waiting.add(resolve);
    });
  }
}
