import type { RegistryBackend } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { registryMutant, translated } from "./support.ts";

type ReapOptions = Parameters<RegistryBackend["reap"]>[0];

/** Reaped with other options than were given. */
function reapingWith(
  change: (options: ReapOptions) => Partial<ReapOptions>,
): (real: RegistryBackend) => Partial<RegistryBackend> {
  return (real) => ({ reap: async (options, call) => real.reap({ ...options, ...change(options) }, call) });
}

export const reapingMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "reaps-the-living",
      breaks: "Whatever expires some time is handed out to be reaped.",
      kills: ["registry/reaping/only-what-is-due", "registry/claims/confirming-expired-spares-the-successor"],
    },
    (real) => ({
      async reap(options, call) {
        const claims = [...(await real.reap(options, call))];
        for await (const page of real.scan({ pageSize: 100 }, call)) {
          for (const registration of page)
            if (registration.expiresAt !== undefined) claims.push({ registration, step: "expired" });
        }
        return claims;
      },
    }),
  ),
  registryMutant(
    {
      id: "reaps-only-names",
      breaks: "A claim carries no metadata.",
      kills: ["registry/reaping/gives-the-registration-as-it-stood"],
    },
    (real) => ({
      reap: async (options, call) =>
        (await real.reap(options, call)).map(({ registration, step }) => ({
          registration: { ...registration, metadata: {} },
          step,
        })),
    }),
  ),
  registryMutant(
    {
      id: "reaps-as-first-stored",
      breaks: "A claim says of the revision what it was at first.",
      kills: ["registry/reaping/gives-the-registration-as-it-stood"],
    },
    (real) => {
      const { reap } = translated(real, { back: (route) => ({ ...route, revision: 1 }) });
      return reap ? { reap } : {};
    },
  ),
  registryMutant(
    {
      id: "reaps-newest-first",
      breaks: "What expired last is handed out first.",
      kills: ["registry/reaping/oldest-first"],
    },
    (real) => ({ reap: async (options, call) => [...(await real.reap(options, call))].reverse() }),
  ),
  registryMutant(
    {
      id: "reaps-more-than-asked",
      breaks: "The limit of a reaping is doubled.",
      kills: ["registry/reaping/no-more-than-the-limit"],
    },
    reapingWith(({ limit }) => ({ limit: 2 * limit })),
  ),
  registryMutant(
    {
      id: "reaps-one-batch-only",
      breaks: "What is beyond the first limit is never handed out.",
      kills: [
        "registry/reaping/no-more-than-the-limit",
        "registry/claims/for-one-caller-alone",
        "registry/reaping/nothing-comes-after-over",
      ],
    },
    (real) => {
      let isDone = false;
      return {
        async reap(options, call) {
          const claims = isDone ? [] : await real.reap(options, call);
          isDone ||= claims.length > 0;
          return claims;
        },
      };
    },
  ),
  registryMutant(
    {
      id: "no-grace",
      breaks: "The step `over` is due as soon as `expired` is confirmed.",
      kills: ["registry/reaping/over-when-its-grace-is-out"],
    },
    reapingWith(() => ({ graceMs: 0 })),
  ),
  registryMutant(
    {
      id: "grace-too-short",
      breaks: "The grace is out after a tenth of its time.",
      kills: ["registry/reaping/over-when-its-grace-is-out"],
    },
    reapingWith(({ graceMs }) => ({ graceMs: graceMs / 10 })),
  ),
  registryMutant(
    {
      id: "over-never-comes",
      breaks: "What has expired leaves no tombstone.",
      kills: [
        "registry/reaping/over-when-its-grace-is-out",
        "registry/reaping/nothing-comes-after-over",
        "registry/census/counts-through-life-and-end",
        "registry/claims/come-back-from-over",
      ],
    },
    (real) => ({
      reap: async (options, call) => (await real.reap(options, call)).filter(({ step }) => step === "expired"),
    }),
  ),
  registryMutant(
    {
      id: "over-comes-again",
      breaks: "Confirming `over` does nothing.",
      kills: ["registry/reaping/nothing-comes-after-over"],
    },
    (real) => ({
      confirmMany: async (claims, call) =>
        real.confirmMany(
          claims.filter(({ step }) => step === "expired"),
          call,
        ),
    }),
  ),
];
