/** Where receipts of this process' durable multicasts arrive, for whoever still waits for them. */

import type { ReceiptsFrame } from "../../wire/receipts.ts";

export class ReceiptDesk {
  readonly #waiting = new Map<string, Set<(receipts: ReceiptsFrame) => void>>();

  /** For all who wait for this multicast; nothing where nobody does any more. */
  hear(receipts: ReceiptsFrame): void {
    for (const listener of this.#waiting.get(receipts.id) ?? []) listener(receipts);
  }

  /** `listener` is told of every frame about the multicast `id` until it is disposed of. It must not throw. */
  listen(id: string, listener: (receipts: ReceiptsFrame) => void): Disposable {
    const listeners = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, listeners.add(listener));
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#waiting.get(id) === listeners) this.#waiting.delete(id);
      },
    };
  }
}
