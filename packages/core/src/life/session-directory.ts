/** Which sessions live, as far as this process knows. */

import { type Call, type RegistryBackend, SESSION_PREFIX } from "../slots/index.ts";
import { retry } from "../tasks/retry.ts";

export interface SessionDirectory {
  /**
   * The sessions among `ids` that live. A living session is believed for a quarter of its lease; a dead one never
   * revives, so that answer is kept. One read of the store for all that are unknown.
   */
  living(ids: Iterable<string>, call: Call): Promise<ReadonlySet<string>>;
  /** Node address of a session that was found living, where it has one. */
  nodeOf(id: string | undefined): string | undefined;
}

/** What is believed of a session. */
interface Belief {
  /** Monotonic: until when it is believed to live; 0: it is dead. */
  readonly until: number;
  readonly node: string | undefined;
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
  const believed = new Map<string, Belief>();

  const remember = (id: string, belief: Belief): void => {
    believed.delete(id);
    believed.set(id, belief);
    const oldest = believed.keys().next();
    if (believed.size > MAX_REMEMBERED && !oldest.done) believed.delete(oldest.value);
  };

  return {
    async living(ids, call): Promise<ReadonlySet<string>> {
      const now = performance.now();
      const living = new Set<string>();
      const unknown: string[] = [];
      for (const id of new Set(ids)) {
        const until = believed.get(id)?.until;
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
          const record = records[index];
          if (record !== undefined) living.add(id);
          remember(id, { until: record === undefined ? 0 : now + leaseMs / 4, node: record?.address });
        });
      }
      return living;
    },
    nodeOf: (id) => (id === undefined ? undefined : believed.get(id)?.node),
  };
}
