import { type Registration, type RegistryBackend, SESSION_PREFIX } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { realGet, realSet, registryMutant, settingEach, sharedMutant, translated } from "./support.ts";

export const createMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "create-checks-then-sets",
      breaks: "Create looks whether a live registration stands, and stores in a second step.",
      kills: ["registry/create/a-race-has-one-winner", "registry/create/a-race-to-take-over-has-one-winner"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        if (entry.mode !== "create") return realSet(real, entry, call);
        const current = await realGet(real, entry.identity, call);
        const session = current?.session && (await realGet(real, SESSION_PREFIX + current.session, call));
        if (session && current?.attempt !== entry.attempt) return { refused: "exists", current };
        return realSet(real, { ...entry, mode: "replace" }, call);
      }),
  ),
  registryMutant(
    {
      id: "create-ignores-what-stands",
      breaks: "Create stores over a live registration.",
      kills: [
        "registry/create/refuses-a-live-one",
        "registry/create/takes-over-when-its-session-has-expired",
        "registry/create/a-race-has-one-winner",
        "registry/create/a-race-to-take-over-has-one-winner",
      ],
    },
    (real) => translated(real, { entry: (entry) => (entry.mode === "create" ? { ...entry, mode: "replace" } : entry) }),
  ),
  registryMutant(
    {
      id: "create-refuses-the-offline",
      breaks: "Create is refused by whatever stands, whether or not its session lives.",
      kills: [
        "registry/create/takes-over-one-that-no-session-serves",
        "registry/create/takes-over-when-its-session-has-expired",
        "registry/create/takes-over-when-its-session-is-gone",
        "registry/create/a-race-to-take-over-has-one-winner",
      ],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const current = entry.mode === "create" ? await realGet(real, entry.identity, call) : undefined;
        if (current && current.attempt !== entry.attempt) return { refused: "exists", current };
        return realSet(real, entry, call);
      }),
  ),
  registryMutant(
    {
      id: "any-session-is-alive",
      breaks: "A registration counts as live as long as it names a session.",
      kills: [
        "registry/create/takes-over-when-its-session-has-expired",
        "registry/create/takes-over-when-its-session-is-gone",
        "registry/create/a-race-to-take-over-has-one-winner",
      ],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const current = entry.mode === "create" ? await realGet(real, entry.identity, call) : undefined;
        if (current?.session !== undefined && current.attempt !== entry.attempt) return { refused: "exists", current };
        return realSet(real, entry, call);
      }),
  ),
  registryMutant(
    {
      id: "create-refused-by-the-expired",
      breaks: "Create is refused by a registration that has expired until somebody has cleaned it up.",
      kills: ["registry/create/takes-over-an-expired-one"],
    },
    refusingTheExpired,
  ),
  registryMutant(
    {
      id: "refusal-carries-stored",
      breaks: "A refused outcome also has what stands under `stored`.",
      kills: [
        "registry/create/refuses-a-live-one",
        "registry/update/fenced-by-another-epoch",
        "registry/update/conflicts-with-another-revision",
      ],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const outcome = await realSet(real, entry, call);
        const current = "refused" in outcome ? await realGet(real, entry.identity, call) : undefined;
        return current ? { ...outcome, stored: current } : outcome;
      }),
  ),
  registryMutant(
    {
      id: "current-is-the-newcomer",
      breaks: "A refusal names as current what was to be stored.",
      kills: [
        "registry/create/refuses-a-live-one",
        "registry/update/fenced-by-another-epoch",
        "registry/update/conflicts-with-another-revision",
      ],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const outcome = await realSet(real, entry, call);
        if ("stored" in outcome || outcome.current === undefined) return outcome;
        return { ...outcome, current: { ...outcome.current, metadata: entry.metadata } };
      }),
  ),
  registryMutant(
    {
      id: "address-forgotten",
      breaks: "The address of an entry is not stored.",
      kills: ["registry/create/stores-what-it-was-given", "registry/update/rewrites-and-keeps"],
    },
    (real) => translated(real, { entry: (entry) => ({ ...entry, address: undefined }) }),
  ),
  registryMutant(
    {
      id: "absent-becomes-null",
      breaks: "What an entry left out is null in its registration.",
      kills: ["registry/create/absent-is-undefined"],
    },
    (real) => translated(real, { back: (route) => ({ ...route, session: route.session ?? (null as never) }) }),
  ),
  sharedMutant(
    {
      id: "each-process-has-its-store",
      breaks: "What one process stores no other process sees.",
      kills: ["registry/create/stores-what-it-was-given", "registry/create/a-race-has-one-winner"],
    },
    () => {
      let processes = 0;
      return (real) => ({
        open: async (scope, call) => real.open({ ...scope, namespace: `${scope.namespace}-${processes++}` }, call),
      });
    },
  ),
];

function refusingTheExpired(real: RegistryBackend): Partial<RegistryBackend> {
  const uncleaned = new Map<string, Registration>();
  return settingEach(async (entry, call) => {
    const current = await realGet(real, entry.identity, call);
    if (entry.mode === "create" && !current && uncleaned.has(entry.identity)) return { refused: "exists" };
    const outcome = await realSet(real, entry, call);
    if ("stored" in outcome && outcome.stored.expiresAt !== undefined) uncleaned.set(entry.identity, outcome.stored);
    return outcome;
  });
}
