import { type Registration, type RegistryBackend, type Route, SESSION_PREFIX } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { haunted } from "./ghosts.ts";
import { deletingEach, realDelete, realGet, realRenew, registryMutant, renewingEach, translated } from "./support.ts";

export const sessionMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "session-ids-are-flattened",
      breaks: "What a key gives a meaning to becomes an underscore in the id of a session.",
      kills: ["registry/sessions/any-text-is-an-id"],
    },
    (real) => {
      const flat = (id: string): string => id.replaceAll(/[.:*?{} ]/g, "_");
      const said = translated(real, {
        identity: (identity) =>
          identity.startsWith(SESSION_PREFIX) ? SESSION_PREFIX + flat(identity.slice(SESSION_PREFIX.length)) : identity,
        entry: (one) => ({ ...one, session: one.session === undefined ? undefined : flat(one.session) }),
      });
      return {
        ...said,
        scan: (query, call) =>
          real.scan(query.session === undefined ? query : { ...query, session: flat(query.session) }, call),
      };
    },
  ),
  registryMutant(
    {
      id: "session-ids-are-patterns",
      breaks: "A session whose id ends in a star has what all serve whose ids begin so.",
      kills: ["registry/sessions/any-text-is-an-id"],
    },
    (real) => ({
      async *scan({ session, ...query }, call) {
        if (session?.endsWith("*") !== true) {
          yield* real.scan(session === undefined ? query : { ...query, session }, call);
          return;
        }
        for await (const page of real.scan(query, call))
          yield page.filter((one) => one.session?.startsWith(session.slice(0, -1)) === true);
      },
    }),
  ),
  registryMutant(
    {
      id: "addresses-are-trimmed",
      breaks: "Spaces around an address don't count.",
      kills: ["registry/sessions/any-text-is-an-address"],
    },
    (real) => translated(real, { entry: (one) => ({ ...one, address: one.address?.trim() }) }),
  ),
  registryMutant(
    {
      id: "sessions-are-hidden",
      breaks: "A session's record can't be asked for.",
      kills: ["registry/sessions/can-be-asked-for"],
    },
    (real) => ({
      getMany: async (identities, call) =>
        (await real.getMany(identities, call)).map((one) =>
          one?.identity.startsWith(SESSION_PREFIX) ? undefined : one,
        ),
    }),
  ),
  registryMutant(
    {
      id: "sessions-are-scanned",
      breaks: "Sessions are on the pages of a scan.",
      kills: ["registry/sessions/are-in-no-scan"],
    },
    (real) => {
      const { setMany, known } = knowingSessions(real);
      return { setMany, scan: (query, call) => haunted(real.scan(query, call), known) };
    },
  ),
  registryMutant(
    {
      id: "sessions-are-served",
      breaks: "A session that another one serves is on the list of what that one serves.",
      kills: ["registry/sessions/are-in-no-scan", "registry/sessions/have-no-route"],
    },
    (real) => {
      const { setMany, known } = knowingSessions(real);
      const served = (session: string | undefined): readonly Registration[] =>
        session === undefined ? [] : known().filter((one) => one.session === session);
      return {
        setMany,
        scan: (query, call) => haunted(real.scan(query, call), () => served(query.session)),
        scanRoutes: (query, call) => haunted(real.scanRoutes(query, call), () => served(query.session)),
      };
    },
  ),
  registryMutant(
    {
      id: "sessions-have-routes",
      breaks: "Sessions with an address are on the pages of routes.",
      kills: ["registry/sessions/have-no-route"],
    },
    (real) => {
      const { setMany, known } = knowingSessions(real);
      const routed = (): readonly Route[] => known().filter(({ address }) => address !== undefined);
      return { setMany, scanRoutes: (query, call) => haunted<Route>(real.scanRoutes(query, call), routed) };
    },
  ),
  registryMutant(
    {
      id: "sessions-are-counted",
      breaks: "A census counts sessions.",
      kills: ["registry/sessions/are-not-counted"],
    },
    (real) => {
      const { setMany, known } = knowingSessions(real);
      return {
        setMany,
        async census(call) {
          const { counted, expired } = await real.census(call);
          return { counted: counted + known().length, expired };
        },
      };
    },
  ),
  registryMutant(
    {
      id: "sessions-take-quota",
      breaks: "Sessions take room in the namespace.",
      kills: ["registry/sessions/take-no-quota"],
    },
    (real) => {
      let quota = Number.POSITIVE_INFINITY;
      const { setMany, known } = knowingSessions(real);
      return {
        open: async (scope, call) => {
          quota = scope.maxIdentities ?? quota;
          await real.open(scope, call);
        },
        async setMany(entries, call) {
          const { counted } = await real.census(call);
          if (counted + known().length >= quota) return entries.map(() => ({ refused: "quota" }));
          return setMany(entries, call);
        },
      };
    },
  ),
  registryMutant(
    {
      id: "sessions-are-not-fenced",
      breaks: "A session is renewed and deleted by whatever epoch.",
      kills: ["registry/sessions/are-renewed-and-fenced"],
    },
    (real) => ({
      ...renewingEach(async (lease, call) => {
        const current = await realGet(real, lease.identity, call);
        const isSession = lease.identity.startsWith(SESSION_PREFIX);
        return realRenew(real, isSession && current ? { ...lease, epoch: current.epoch } : lease, call);
      }),
      ...deletingEach(async (key, call) => {
        const current = await realGet(real, key.identity, call);
        const isSession = key.identity.startsWith(SESSION_PREFIX);
        return realDelete(real, isSession && current ? { identity: key.identity, epoch: current.epoch } : key, call);
      }),
    }),
  ),
  registryMutant(
    {
      id: "sessions-are-not-reaped",
      breaks: "Sessions that have expired are never handed out.",
      kills: ["registry/sessions/have-both-steps"],
    },
    (real) => ({
      reap: async (options, call) =>
        (await real.reap(options, call)).filter(
          ({ registration }) => !registration.identity.startsWith(SESSION_PREFIX),
        ),
    }),
  ),
  registryMutant(
    {
      id: "sessions-have-one-step",
      breaks: "A session is over as soon as its expiry is confirmed.",
      kills: ["registry/sessions/have-both-steps"],
    },
    (real) => ({
      reap: async (options, call) =>
        (await real.reap(options, call)).filter(
          ({ registration, step }) => step === "expired" || !registration.identity.startsWith(SESSION_PREFIX),
        ),
    }),
  ),
  registryMutant(
    {
      id: "sessions-have-no-metadata",
      breaks: "The metadata of a session is not stored.",
      kills: ["registry/sessions/can-be-asked-for"],
    },
    (real) =>
      translated(real, {
        entry: (entry) => (entry.identity.startsWith(SESSION_PREFIX) ? { ...entry, metadata: {} } : entry),
      }),
  ),
];

/** The sessions that one client has stored, but for the one that tells the time. */
function knowingSessions(
  real: RegistryBackend,
): Pick<RegistryBackend, "setMany"> & { readonly known: () => readonly Registration[] } {
  const sessions = new Map<string, Registration>();
  return {
    known: () => [...sessions.values()],
    async setMany(entries, call) {
      const outcomes = await real.setMany(entries, call);
      for (const outcome of outcomes) {
        if ("stored" in outcome && outcome.stored.identity.startsWith(SESSION_PREFIX))
          sessions.set(outcome.stored.identity, outcome.stored);
      }
      return outcomes;
    },
  };
}
