/** Messages for one recipient each, all of one multicast: by column from the registry's page to the messaging slot. */

import type { BatchFailure, MusterError, OutgoingColumns } from "../slots/index.ts";
import type { Content } from "../wire/message-frame.ts";
import { messageColumns } from "../wire/raw-message.ts";
import { type Batch, errorsOf, miss } from "./batch.ts";
import type { Singles } from "./grouping.ts";
import type { Tally } from "./report.ts";

export class SinglesBatch implements Batch {
  #singles: Singles = [[], [], []];
  #bytes = 0;

  get size(): number {
    return this.#singles[0].length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @param bytes of one body */
  add(singles: Singles, bytes: number): void {
    if (this.size === 0) this.#singles = singles;
    else append(singles, this.#singles);
    this.#bytes += bytes * singles[0].length;
  }

  async outgoing(content: Content): Promise<OutgoingColumns> {
    const [identities, epochs, addresses] = this.#singles;
    return messageColumns(content, { identities, epochs }, addresses);
  }

  settle(failures: readonly BatchFailure[], tally: Tally): void {
    const [identities] = this.#singles;
    if (failures.length === 0) {
      tally.deliver(identities);
      return;
    }
    const errors = errorsOf(failures);
    for (const [index, identity] of identities.entries()) {
      const error = errors.get(index);
      if (error === undefined) tally.deliver([identity]);
      else miss([identity], error, tally);
    }
  }

  fail(error: MusterError, tally: Tally): void {
    miss(this.#singles[0], error, tally);
  }
}

/**
 * By itself, for it knows nothing but what never goes: what an engine has compiled for batches it throws away when it
 * collects the last of them, as between two multicasts.
 */
function append([identities, epochs, addresses]: Singles, to: Singles): void {
  for (let index = 0; index < identities.length; index += 1) {
    to[0].push(identities[index] ?? "");
    to[1].push(epochs[index] ?? 0);
    to[2].push(addresses[index] ?? "");
  }
}
