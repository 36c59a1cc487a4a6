import type { RegistryBackend, ScanQuery } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { haunted, Memory } from "./ghosts.ts";
import { realGet, realSet, registryMutant, settingEach, sharedMutant, translated } from "./support.ts";

export const ttlMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "ttl-in-seconds",
      breaks: "A TTL is taken for seconds.",
      kills: ["registry/ttl/is-in-milliseconds"],
    },
    (real) => translated(real, { entry: (entry) => (entry.ttlMs ? { ...entry, ttlMs: entry.ttlMs * 1_000 } : entry) }),
  ),
  registryMutant(
    {
      id: "ttl-of-31-bits",
      breaks: "A TTL of more than 2^31 ms overflows.",
      kills: ["registry/ttl/is-in-milliseconds"],
    },
    (real) =>
      translated(real, { entry: (entry) => (entry.ttlMs ? { ...entry, ttlMs: entry.ttlMs & 0x7fffffff } : entry) }),
  ),
  registryMutant(
    {
      id: "ttl-rounded-down",
      breaks: "A TTL is cut to whole seconds.",
      kills: ["registry/ttl/is-in-milliseconds"],
    },
    (real) =>
      translated(real, {
        entry: (entry) => (entry.ttlMs ? { ...entry, ttlMs: entry.ttlMs - (entry.ttlMs % 1_000) } : entry),
      }),
  ),
  registryMutant(
    {
      id: "hidden-too-early",
      breaks: "A registration is hidden after a tenth of its TTL.",
      kills: ["registry/ttl/not-a-moment-before"],
    },
    (real) => ({
      getMany: async (identities, call) =>
        (await real.getMany(identities, call)).map((one) =>
          one?.ttlMs !== undefined && one.registeredAt + one.ttlMs / 10 <= Date.now() ? undefined : one,
        ),
    }),
  ),
  registryMutant(
    {
      id: "expired-still-read",
      breaks: "What has expired is read until it has been cleaned up.",
      kills: ["registry/ttl/expired-is-hidden-from-get", "registry/ttl/not-a-moment-before"],
    },
    (real) => {
      const memory = new Memory();
      return {
        ...memory.watching(real),
        getMany: async (identities, call) =>
          (await real.getMany(identities, call)).map((one, index) => one ?? memory.get(identities[index] ?? "")),
      };
    },
  ),
  registryMutant(
    {
      id: "expired-still-scanned",
      breaks: "What has expired is on the pages of a scan until it has been cleaned up.",
      kills: ["registry/ttl/expired-is-hidden-from-scan", "registry/ttl/not-a-moment-before"],
    },
    (real) => {
      const memory = new Memory();
      return {
        ...memory.watching(real),
        scan: (query, call) => haunted(real.scan(query, call), () => (query.session ? [] : memory.expired())),
      };
    },
  ),
  registryMutant(
    {
      id: "expired-still-routed",
      breaks: "What has expired has a route until it has been cleaned up.",
      kills: ["registry/ttl/expired-is-hidden-from-scan-routes", "registry/ttl/not-a-moment-before"],
    },
    (real) => {
      const memory = new Memory();
      return {
        ...memory.watching(real),
        scanRoutes: (query, call) => haunted(real.scanRoutes(query, call), () => memory.expired()),
      };
    },
  ),
  registryMutant(
    {
      id: "expired-still-served",
      breaks: "The list of what a session serves has the expired on it.",
      kills: ["registry/ttl/expired-is-hidden-from-scan-by-session"],
    },
    (real) => {
      const memory = new Memory();
      const served = ({ session }: ScanQuery) =>
        session === undefined ? [] : memory.expired().filter((one) => one.session === session);
      return {
        ...memory.watching(real),
        scan: (query, call) => haunted(real.scan(query, call), () => served(query)),
        scanRoutes: (query, call) => haunted(real.scanRoutes(query, call), () => served(query)),
      };
    },
  ),
  registryMutant(
    {
      id: "expired-still-counted",
      breaks: "A count has the expired in it.",
      kills: ["registry/ttl/expired-is-hidden-from-count"],
    },
    (real) => {
      const memory = new Memory();
      const { counts } = real;
      const counting = counts && {
        count: async (...asked: Parameters<typeof counts.count>) =>
          (await counts.count(...asked)) + memory.expired().length,
      };
      return { ...memory.watching(real), ...(counting ? { counts: counting } : {}) };
    },
  ),
  registryMutant(
    {
      id: "default-ttl",
      breaks: "A registration without TTL lives for ten minutes.",
      kills: ["registry/ttl/none-means-never", "registry/create/absent-is-undefined"],
    },
    (real) => translated(real, { entry: (entry) => ({ ...entry, ttlMs: entry.ttlMs ?? 600_000 }) }),
  ),
  registryMutant(
    {
      id: "old-timer-runs-on",
      breaks: "The timer of a registration that was replaced deletes its successor.",
      kills: ["registry/ttl/replaced-with-the-registration"],
    },
    timingOut,
  ),
  sharedMutant(
    {
      id: "each-process-has-its-clock",
      breaks: "`registeredAt` is stamped by the process, and the clocks of processes differ.",
      kills: ["registry/ttl/by-the-stores-clock"],
    },
    () => {
      let processes = 0;
      return (real) => {
        const skewMs = 5_000 * processes++;
        return translated(real, { back: (route) => ({ ...route, registeredAt: route.registeredAt - skewMs }) });
      };
    },
  ),
  registryMutant(
    {
      id: "registered-at-in-microseconds",
      breaks: "`registeredAt` is in µs.",
      kills: ["registry/ttl/by-the-stores-clock", "registry/ttl/is-in-milliseconds"],
    },
    (real) => translated(real, { back: (route) => ({ ...route, registeredAt: route.registeredAt * 1_000 }) }),
  ),
];

/** The first expiry that an identity ever got holds for all its lives. */
function timingOut(real: RegistryBackend): Partial<RegistryBackend> {
  const ends = new Map<string, number>();
  const setting = settingEach(async (entry, call) => {
    const outcome = await realSet(real, entry, call);
    const expiresAt = "stored" in outcome ? outcome.stored.expiresAt : undefined;
    if (expiresAt !== undefined && !ends.has(entry.identity)) ends.set(entry.identity, expiresAt);
    return outcome;
  });
  return {
    ...setting,
    getMany: async (identities, call) =>
      Promise.all(
        identities.map(async (identity) =>
          (ends.get(identity) ?? Number.POSITIVE_INFINITY) <= Date.now() ? undefined : realGet(real, identity, call),
        ),
      ),
  };
}
