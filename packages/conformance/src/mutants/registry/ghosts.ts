/** Registries that remember what they should have forgotten. */

import type { Registration, RegistryBackend, Route } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";

/** Everything that one client has stored and not deleted, dead or alive. */
export class Memory {
  readonly #all = new Map<string, Registration>();

  get(identity: string): Registration | undefined {
    return this.#all.get(identity);
  }

  /** What has passed its expiry, without sessions. */
  expired(): readonly Registration[] {
    return [...this.#all.values()].filter(
      ({ identity, expiresAt }) => !identity.startsWith("$") && expiresAt !== undefined && expiresAt <= Date.now(),
    );
  }

  /** The registry itself, remembering. */
  watching(real: RegistryBackend): Pick<RegistryBackend, "setMany" | "deleteMany"> {
    return {
      setMany: async (entries, call) => {
        const outcomes = await real.setMany(entries, call);
        for (const outcome of outcomes) {
          if ("stored" in outcome) this.#all.set(outcome.stored.identity, outcome.stored);
        }
        return outcomes;
      },
      deleteMany: async (keys, call) => {
        const outcomes = await real.deleteMany(keys, call);
        for (const [index, { identity }] of keys.entries())
          if (outcomes[index] === "deleted") this.#all.delete(identity);
        return outcomes;
      },
    };
  }
}

/** One page with everything on it that is on any, and `ghosts` among it in order. */
export async function* haunted<R extends Route>(
  pages: AsyncIterable<readonly R[]>,
  ghosts: () => readonly R[],
): AsyncGenerator<readonly R[]> {
  const all = [...ghosts()];
  for await (const page of pages) all.push(...page);
  yield all.sort((a, b) => compareStrings(a.identity, b.identity));
}
