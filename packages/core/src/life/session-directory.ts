/** Which sessions live, as far as this process knows. */

import { type Call, type RegistryBackend, SESSION_PREFIX } from "../slots/index.ts";
import { retry } from "../tasks/retry.ts";

export interface SessionDirectory {
  /**
   * The sessions among `ids` that live. A living session is believed for a quarter of its lease; a dead one never
   * revives, so that answer is kept. One read of the store for all that are unknown.
   */
  living(ids: Iterable<string>, call: Call): Promise<ReadonlySet<string>>;
}

const SOURCE = "core.sessions";
const MAX_PER_READ = 1_000;
const MAX_REMEMBERED = 10_000;

/**
 * A directory that reads session records.
 *
 * @throws from `living`: what the registry's `getMany` throws for good; TIMEOUT, ABORTED.
 */
export function sessionDirectory(registry: RegistryBackend, leaseMs: number): SessionDirectory {
  /** By id: until when (monotonic) a session is believed to live; 0 for the dead. */
  const believed = new Map<string, number>();

  const remember = (id: string, until: number): void => {
    believed.delete(id);
    believed.set(id, until);
    const oldest = believed.keys().next();
    if (believed.size > MAX_REMEMBERED && !oldest.done) believed.delete(oldest.value);
  };

  return {
    async living(ids, call): Promise<ReadonlySet<string>> {
      const now = performance.now();
      const living = new Set<string>();
      const unknown: string[] = [];
      for (const id of new Set(ids)) {
        const until = believed.get(id);
        if (until === undefined || (until !== 0 && until <= now)) unknown.push(id);
        else if (until !== 0) living.add(id);
      }
      for (let start = 0; start < unknown.length; start += MAX_PER_READ) {
        const page = unknown.slice(start, start + MAX_PER_READ);
        const records = await retry(call, SOURCE, () =>
          registry.getMany(
            page.map((id) => SESSION_PREFIX + id),
            call,
          ),
        );
        page.forEach((id, index) => {
          const alive = records[index] !== undefined;
          if (alive) living.add(id);
          remember(id, alive ? now + leaseMs / 4 : 0);
        });
      }
      return living;
    },
  };
}
