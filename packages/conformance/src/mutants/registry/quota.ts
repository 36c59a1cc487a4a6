import { type Call, type RegistryBackend, SESSION_PREFIX, type SetEntry, type SetOutcome } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { realGet, realSet, registryMutant, settingEach } from "./support.ts";

/** The registry without a quota of its own, and one in front of it that asks `taken` how many there are. */
function limiting(
  real: RegistryBackend,
  taken: (call: Call) => Promise<number>,
  onStored: (entry: SetEntry) => void = () => {},
): Partial<RegistryBackend> {
  let limit = Number.POSITIVE_INFINITY;
  const refuse = async (entry: SetEntry, call: Call): Promise<boolean> => {
    if (entry.identity.startsWith(SESSION_PREFIX) || typeof entry.mode === "object") return false;
    if (await realGet(real, entry.identity, call)) return false;
    return (await taken(call)) >= limit;
  };
  return {
    open: async ({ maxIdentities = Number.POSITIVE_INFINITY, ...scope }, call) => {
      limit = maxIdentities;
      await real.open(scope, call);
    },
    ...settingEach(async (entry, call) => {
      if (await refuse(entry, call)) return { refused: "quota" };
      const outcome = await realSet(real, entry, call);
      if ("stored" in outcome && !entry.identity.startsWith(SESSION_PREFIX)) onStored(entry);
      return outcome;
    }),
  };
}

/** The registry without a quota of its own; `decide` gets the whole batch and the limit. */
function deciding(
  real: RegistryBackend,
  decide: (entries: readonly SetEntry[], limit: number, call: Call) => Promise<readonly SetOutcome[]>,
): Partial<RegistryBackend> {
  let limit = Number.POSITIVE_INFINITY;
  return {
    open: async ({ maxIdentities = Number.POSITIVE_INFINITY, ...scope }, call) => {
      limit = maxIdentities;
      await real.open(scope, call);
    },
    setMany: async (entries, call) => decide(entries, limit, call),
  };
}

const REFUSED: SetOutcome = { refused: "quota" };

export const quotaMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "quota-ignored",
      breaks: "There is no quota.",
      kills: [
        "registry/quota/never-exceeded-one-by-one",
        "registry/quota/never-exceeded-by-batches",
        "registry/quota/overshoots-by-a-batch-at-most",
        "registry/quota/a-refusal-stores-nothing",
        "registry/quota/the-expired-take-room-until-confirmed",
        "registry/quota/taking-over-the-expired-takes-no-more-room",
        "registry/quota/a-tombstone-has-no-room",
        "registry/sessions/take-no-quota",
      ],
    },
    (real) => deciding(real, async (entries, _limit, call) => real.setMany(entries, call)),
  ),
  registryMutant(
    {
      id: "quota-per-process",
      breaks: "Each process counts only what it has registered itself.",
      kills: [
        "registry/quota/never-exceeded-one-by-one",
        "registry/quota/never-exceeded-by-batches",
        "registry/quota/overshoots-by-a-batch-at-most",
      ],
    },
    (real) => {
      let own = 0;
      return limiting(
        real,
        async () => own,
        () => own++,
      );
    },
  ),
  registryMutant(
    {
      id: "quota-checked-then-set",
      breaks: "What is counted is looked up before storing, in a step of its own.",
      kills: ["registry/quota/never-exceeded-one-by-one"],
    },
    (real) => limiting(real, async (call) => (await real.census(call)).counted),
  ),
  registryMutant(
    {
      id: "quota-checked-per-batch",
      breaks: "A batch that begins below the quota is stored whole.",
      kills: ["registry/quota/never-exceeded-by-batches"],
    },
    (real) =>
      deciding(real, async (entries, limit, call) =>
        (await real.census(call)).counted < limit ? real.setMany(entries, call) : entries.map(() => REFUSED),
      ),
  ),
  registryMutant(
    {
      id: "quota-for-whole-batches",
      breaks: "A batch that doesn't fit as a whole is refused as a whole.",
      kills: ["registry/quota/never-exceeded-by-batches"],
    },
    (real) =>
      deciding(real, async (entries, limit, call) =>
        (await real.census(call)).counted + entries.length <= limit
          ? real.setMany(entries, call)
          : entries.map(() => REFUSED),
      ),
  ),
  registryMutant(
    {
      id: "quota-refused-but-stored",
      breaks: "What exceeds the quota is stored, and then refused.",
      kills: ["registry/quota/a-refusal-stores-nothing", "registry/quota/never-exceeded-one-by-one"],
    },
    (real) =>
      deciding(real, async (entries, limit, call) => {
        const outcomes = await real.setMany(entries, call);
        return (await real.census(call)).counted > limit ? entries.map(() => REFUSED) : outcomes;
      }),
  ),
  registryMutant(
    {
      id: "quota-counts-writes",
      breaks: "Every write takes room, also over what stands.",
      kills: ["registry/quota/rewriting-takes-no-room"],
    },
    (real) => {
      let writes = 0;
      return deciding(real, async (entries, limit, call) => {
        const users = entries.filter(({ identity }) => !identity.startsWith(SESSION_PREFIX));
        if (writes + users.length > limit) return entries.map(() => REFUSED);
        writes += users.length;
        return real.setMany(entries, call);
      });
    },
  ),
  registryMutant(
    {
      id: "quota-without-the-expired",
      breaks: "What has expired takes no room, confirmed or not.",
      kills: ["registry/quota/the-expired-take-room-until-confirmed"],
    },
    (real) =>
      limiting(real, async (call) => {
        const { counted, expired } = await real.census(call);
        return counted - expired;
      }),
  ),
  registryMutant(
    {
      id: "quota-without-the-claimed",
      breaks: "What has expired takes no room any more as soon as its step is claimed.",
      kills: ["registry/quota/the-expired-take-room-until-confirmed"],
    },
    (real) => {
      let claimed = 0;
      const limits = limiting(real, async (call) => (await real.census(call)).counted - (claimed > 0 ? 1 : 0));
      return {
        ...limits,
        reap: async (options, call) => {
          const claims = await real.reap(options, call);
          claimed += claims.length;
          return claims;
        },
      };
    },
  ),
  registryMutant(
    {
      id: "taking-over-takes-room",
      breaks: "Who registers over what has expired needs room besides.",
      kills: ["registry/quota/taking-over-the-expired-takes-no-more-room"],
    },
    (real) => limiting(real, async (call) => (await real.census(call)).counted),
  ),
  registryMutant(
    {
      id: "tombstones-keep-their-room",
      breaks: "Who registers over a tombstone needs no room.",
      kills: ["registry/quota/a-tombstone-has-no-room"],
    },
    (real) => {
      const buried = new Set<string>();
      return {
        ...deciding(real, async (entries, limit, call) => {
          const { counted } = await real.census(call);
          const isFree = ({ identity, mode }: SetEntry): boolean =>
            buried.has(identity) || typeof mode === "object" || counted < limit;
          return entries.every(isFree) ? real.setMany(entries, call) : entries.map(() => REFUSED);
        }),
        confirmMany: async (claims, call) => {
          for (const { registration } of claims) buried.add(registration.identity);
          await real.confirmMany(claims, call);
        },
      };
    },
  ),
  registryMutant(
    {
      id: "deleting-makes-no-room",
      breaks: "What has been deleted goes on taking room.",
      kills: ["registry/quota/a-refusal-stores-nothing"],
    },
    (real) => {
      let deleted = 0;
      return {
        ...limiting(real, async (call) => (await real.census(call)).counted + deleted),
        deleteMany: async (keys, call) => {
          const outcomes = await real.deleteMany(keys, call);
          deleted += outcomes.filter((outcome) => outcome === "deleted").length;
          return outcomes;
        },
      };
    },
  ),
];
