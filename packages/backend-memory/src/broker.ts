/** Who listens on which address of one namespace. An address is a key and nothing more: no character in it means anything. */

import type { MemoryInbox } from "./inbox.ts";

export class Broker {
  readonly #inboxes = new Map<string, Set<MemoryInbox>>();

  listen(address: string, inbox: MemoryInbox): void {
    const listening = this.#inboxes.get(address);
    if (listening === undefined) this.#inboxes.set(address, new Set([inbox]));
    else listening.add(inbox);
  }

  leave(address: string, inbox: MemoryInbox): void {
    const listening = this.#inboxes.get(address);
    listening?.delete(inbox);
    if (listening?.size === 0) this.#inboxes.delete(address);
  }

  inboxesAt(address: string): Iterable<MemoryInbox> {
    return this.#inboxes.get(address) ?? [];
  }
}
