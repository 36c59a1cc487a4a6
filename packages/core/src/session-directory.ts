/** Which sessions live, as far as this process knows. */

import type { Call } from "./slots/index.ts";

export interface SessionDirectory {
  /**
   * The sessions among `ids` that live. A living session is believed for a quarter of its lease; a dead one never
   * revives, so that answer is kept. One read of the store for all that are unknown.
   */
  living(ids: Iterable<string>, call: Call): Promise<ReadonlySet<string>>;
}
