import type { Registration, RegistryBackend } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { realGet, registryMutant } from "./support.ts";

export const consistencyMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "own-writes-are-seen-later",
      breaks: "The first read after a write gives what the one before the write gave.",
      kills: ["registry/consistency/a-writer-reads-its-own", "registry/consistency/everyone-reads-what-was-written"],
    },
    (real) => caching(real, 1),
  ),
  registryMutant(
    {
      id: "reads-are-cached",
      breaks: "A process reads from a cache until it writes itself.",
      kills: ["registry/consistency/everyone-reads-what-was-written"],
    },
    (real) => {
      const cached = caching(real, Number.POSITIVE_INFINITY);
      return {
        ...cached,
        setMany: async (entries, call) => real.setMany(entries, call).finally(() => cached.forget()),
        renewMany: async (leases, call) => real.renewMany(leases, call).finally(() => cached.forget()),
        deleteMany: async (keys, call) => real.deleteMany(keys, call).finally(() => cached.forget()),
      };
    },
  ),
  registryMutant(
    {
      id: "staler-than-claimed",
      breaks: "Reads may be 5 ms old, it says, and are as old as the first one.",
      kills: ["registry/consistency/no-staler-than-claimed"],
    },
    (real) => ({
      ...caching(real, Number.POSITIVE_INFINITY),
      traits: { ...real.traits, consistency: "eventual", staleMs: 5 },
    }),
  ),
];

/** Each answer about an identity is given `times` more before the registry is asked again. */
function caching(
  real: RegistryBackend,
  times: number,
): Pick<RegistryBackend, "getMany"> & { readonly forget: () => void } {
  const answers = new Map<string, { readonly found: Registration | undefined; left: number }>();
  return {
    forget: () => answers.clear(),
    getMany: async (identities, call) =>
      Promise.all(
        identities.map(async (identity) => {
          const answer = answers.get(identity);
          if (answer !== undefined && answer.left > 0) {
            answer.left -= 1;
            return answer.found;
          }
          const found = await realGet(real, identity, call);
          answers.set(identity, { found, left: times });
          return found;
        }),
      ),
  };
}
